import de from './locales/de.json'
import en from './locales/en.json'

export type MessageKey = keyof typeof en
export type Messages = Readonly<Record<MessageKey, string>>
type Params = Readonly<Record<string, string | number>>

export interface Locale {
  readonly language: Language
  text(key: MessageKey, params?: Params): string
  /** A decimal number with the language's decimal sign. Digits are not grouped: the groups' sign of one language is the decimal sign of another. */
  figure(decimal: string): string
}

/** A new language is one more file, with the same keys. */
export const LOCALES = { en, de } as const satisfies Record<string, Messages>
export type Language = keyof typeof LOCALES
const DECIMAL_SIGNS: Readonly<Record<Language, string>> = { en: '.', de: ',' }
export const LANGUAGES = Object.keys(LOCALES) as Language[]

/** The language asked for by name, else the first of the browser's that there is, else English. */
export function chooseLocale(asked: string | undefined, acceptLanguage: string | undefined): Locale {
  const wanted = [asked ?? '', ...preferred(acceptLanguage ?? '')]
  const language = wanted.map((tag) => tag.toLowerCase().split('-')[0] ?? '').find(isLanguage) ?? 'en'
  return {
    language,
    text: (key, params = {}) => fill(LOCALES[language][key], params),
    figure: (decimal) => decimal.replace('.', DECIMAL_SIGNS[language]),
  }
}

/** RFC 9110 §12.5.4: tags with weights, the heaviest first. */
function preferred(header: string): string[] {
  return header
    .split(',')
    .map((item) => {
      const [tag = '', ...parameters] = item.split(';').map((part) => part.trim())
      const weight = Number(parameters.find((part) => part.startsWith('q='))?.slice(2) ?? 1)
      return { tag, weight }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}

function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LOCALES, tag)
}

/** Names that are not given stay as they are: the browser fills in some later. */
function fill(message: string, params: Params): string {
  return message.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(params[name] ?? placeholder))
}
