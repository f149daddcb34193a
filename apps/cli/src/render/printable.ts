// C0 and C1 controls but tab and newline (escape sequences begin with one of them), and the marks that reverse the direction of text.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text for a terminal: a merchant's name must not move the cursor, set the title or hide a line. Each such character is shown as �. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd')
}
