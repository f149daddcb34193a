import { encodeQR } from 'qr'
import { type Html, html } from './html'

/** Light modules around the code that readers need (ISO/IEC 18004 asks for four). */
const QUIET_ZONE = 4

/** A QR code as SVG: dark on white in every colour scheme, for many readers do not see light on dark. */
export function qrCode(content: string, label: string): Html {
  const modules = encodeQR(content, 'raw', { ecc: 'medium', border: QUIET_ZONE })
  const size = modules.length
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="#fff"/><path fill="#000" d="${darkRuns(modules)}"/></svg>`
}

/** One rectangle for each run of dark modules in a row: a fifth of the size of one for each module. */
function darkRuns(modules: readonly (readonly boolean[])[]): string {
  return modules
    .flatMap((row, y) => {
      const line = row.map((dark) => (dark ? '#' : ' ')).join('')
      return [...line.matchAll(/#+/g)].map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`)
    })
    .join('')
}
