import { isUtf8 } from 'node:buffer'
import type { Request } from 'express'
import { Problem } from './problem'
import type { ProblemCode } from './problem-codes'

const BODY_BYTES_MAX = 65_536

export type ReadBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Problem }

/** Reads a JSON body, or says what is wrong with it. A request without a body is `{}`: every field may be left out. */
export async function readJson(request: Request): Promise<ReadBody> {
  const mediaProblem = hasBody(request) ? checkMedia(request) : null
  if (mediaProblem !== null) return { ok: false, problem: mediaProblem }
  const bytes = await readBytes(request)
  if (bytes === null) return refuse(413, 'payload_too_large', `A body has at most ${BODY_BYTES_MAX} bytes.`)
  if (bytes.length === 0) return { ok: true, value: {} }
  if (!isUtf8(bytes)) return refuse(400, 'malformed_json', 'The body is not UTF-8.')
  try {
    return { ok: true, value: JSON.parse(bytes.toString('utf8')) as unknown }
  } catch {
    return refuse(400, 'malformed_json', 'The body is not JSON.')
  }
}

function hasBody(request: Request): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

function checkMedia({ headers }: Request): Problem | null {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';')
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='))
  const readable = charset === undefined || /^charset="?utf-?8"?$/.test(charset)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (type.trim() === 'application/json' && readable && encoding === 'identity') return null
  return new Problem(415, 'unsupported_media_type', 'Send the body as application/json in UTF-8, uncompressed.')
}

/** Null if there are too many: the rest is read and dropped, so that the client gets to see the answer. */
function readBytes(request: Request): Promise<Buffer | null> {
  const announced = Number(request.headers['content-length'] ?? 0)
  return new Promise((resolve, reject) => {
    if (announced > BODY_BYTES_MAX) {
      request.resume()
      resolve(null)
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= BODY_BYTES_MAX) chunks.push(chunk)
      else resolve(null)
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () => reject(new Error('the client went away')))
  })
}

function refuse(status: number, code: ProblemCode, detail: string): ReadBody {
  return { ok: false, problem: new Problem(status, code, detail) }
}
