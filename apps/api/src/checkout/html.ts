/** Text that is HTML already: made by `html` alone, so that nothing else gets onto a page unescaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Insert = Html | string | number | null | readonly Insert[]

/** A template whose inserts are escaped, for text and for quoted attributes alike; null inserts nothing. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return new Html(strings.map((part, at) => part + insert(inserts[at] ?? null)).join(''))
}

function insert(value: Insert): string {
  if (value === null) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(insert).join('')
  return escapeHtml(String(value))
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
