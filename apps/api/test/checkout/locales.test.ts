import { chooseLocale, LANGUAGES, LOCALES } from '../../src/checkout/locales'

const placeholders = (message: string): string[] => (message.match(/\{\w+\}/g) ?? []).sort()

test.each(LANGUAGES)('%s has every text, with the same placeholders', (language) => {
  const shape = (messages: object) => Object.entries(messages).map(([key, text]) => [key, placeholders(String(text))])
  expect(shape(LOCALES[language])).toEqual(shape(LOCALES.en))
})

test.each([
  ['what the page is asked for', 'de', 'en', 'de'],
  ['else what the browser prefers', undefined, 'fr, en;q=0.5, de-AT;q=0.8', 'de'],
  ['never what it refuses', undefined, 'de;q=0, fr', 'en'],
  ['English where nothing fits', 'xx', 'ja', 'en'],
  ['English where nothing is said', undefined, undefined, 'en'],
  ['nothing that only looks like a language', 'constructor', undefined, 'en'],
])('the language is %s', (_what, asked, accepted, chosen) => {
  expect(chooseLocale(asked, accepted).language).toBe(chosen)
})
