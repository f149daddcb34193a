// C0 and C1 controls but tab and newline (escape sequences begin with one of them), and the marks that reverse the direction of text.
const UNPRINTABLE = /(?![\t\n])\p{Cc}|\p{Bidi_Control}/gu

/** Text for a terminal: a merchant's name must not move the cursor, set the title or hide a line. Each such character is shown as �. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd')
}
