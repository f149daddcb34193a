import { Html } from '../html'

const drawn = (path: string): Html =>
  new Html(
    `<svg class="icon" aria-hidden="true" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${path}</svg>`,
  )

export const ICONS = {
  waiting: drawn('<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>'),
  progress: drawn('<path class="spin" d="M12 3a9 9 0 1 1-9 9"/>'),
  success: drawn('<path d="m5 12.5 4.5 4.5L19 7.5"/>'),
  problem: drawn('<path d="M12 7v6"/><path d="M12 17h.01"/><circle cx="12" cy="12" r="9"/>'),
  copy: drawn('<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>'),
  external: drawn('<path d="M9 5H5v14h14v-4"/><path d="M13 5h6v6"/><path d="m19 5-8 8"/>'),
} as const
