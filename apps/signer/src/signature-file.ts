import { type FileHandle, open, truncate } from 'node:fs/promises'
import { type LogEntry, sealEntry, verifyLog } from '@ctrip/signer-protocol/signature-log'

/** An entry without what its place in the log adds. */
type NewEntry = LogEntry extends infer Entry
  ? Entry extends LogEntry
    ? Omit<Entry, 'sequence' | 'previous'>
    : never
  : never

/** The log of signatures, open for appending. */
export interface SignatureFile {
  /** The number of entries, and the hash of the newest. */
  state(): { readonly entries: number; readonly head: string }
  /** Resolves when the entry is on the disk. */
  append(entry: NewEntry): Promise<void>
  close(): Promise<void>
}

export type OpenedFile =
  | { readonly ok: true; readonly file: SignatureFile; readonly tornBytes: number }
  | { readonly ok: false; readonly problem: string }

/**
 * Opens the log and reads all of it; a broken chain is a problem, and nothing is signed until a person has looked. A torn last line is
 * cut off: the process died before it returned that signature. After `onFailure` nothing is appended any more, because the end of the
 * file is unknown; the next process reads it anew.
 */
export async function openSignatureFile(
  path: string,
  onEntry: (entry: LogEntry) => void,
  onFailure: (error: unknown) => void,
): Promise<OpenedFile> {
  const handle = await open(path, 'a', 0o600)
  const verified = await verifyLog(path, onEntry)
  if (!verified.ok) {
    await handle.close()
    return { ok: false, problem: `${path}, line ${verified.line}: ${verified.problem}` }
  }
  const { entries, head, tornBytes } = verified
  if (tornBytes > 0) await truncate(path, (await handle.stat()).size - tornBytes)
  await handle.sync()
  return { ok: true, file: signatureFile(handle, { entries, head }, onFailure), tornBytes }
}

function signatureFile(
  handle: FileHandle,
  before: { readonly entries: number; readonly head: string },
  onFailure: (error: unknown) => void,
): SignatureFile {
  let { entries, head } = before
  let failed = false
  let last: Promise<void> = Promise.resolve()

  async function write(entry: NewEntry): Promise<void> {
    if (failed) throw new Error('the log of signatures has failed before')
    const sealed = sealEntry({ ...entry, sequence: entries + 1, previous: head })
    try {
      await handle.appendFile(`${sealed.line}\n`)
      await handle.datasync()
    } catch (error) {
      failed = true
      onFailure(error)
      throw error
    }
    entries++
    head = sealed.hash
  }

  return {
    state: () => ({ entries, head }),
    append(entry) {
      const written = last.then(() => write(entry))
      last = written.catch(() => undefined)
      return written
    },
    close: () => last.then(() => handle.close()),
  }
}
