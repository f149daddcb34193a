import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020'
import addFormats from 'ajv-formats'

interface Exchange {
  readonly url: string
  readonly method: string
  readonly path: string
  readonly response: Response
  readonly text: string
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: object
}

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { content: Readonly<Record<string, { schema: object }>> }>>
}

const documents = new Map<string, Promise<Document>>()
const validators = new Map<string, ValidateFunction>()

/** Throws unless the answer is one that the service's own OpenAPI document promises. */
export async function checkAgainstDocument({ url, method, path, response, text }: Exchange): Promise<void> {
  const { pathname } = new URL(path, url)
  if (!pathname.startsWith('/api/') || response.status === 304) return
  const document = await documentOf(url)
  const found = findOperation(document, method, pathname)
  // A path or method that does not exist answers with a problem all the same.
  const schema = found === null ? { $ref: '#/components/schemas/Problem' } : schemaOf(found, response)
  const id = `${url} ${found?.operationId ?? 'unmatched'} ${response.status}`
  const validate = validators.get(id) ?? compile(document, schema)
  validators.set(id, validate)
  if (!validate(JSON.parse(text)))
    throw new Error(`${id}: not as documented: ${JSON.stringify(validate.errors)}\n${text}`)
}

function documentOf(url: string): Promise<Document> {
  const known = documents.get(url)
  if (known !== undefined) return known
  const loading = fetch(`${url}/openapi.json`).then(async (response) => (await response.json()) as Document)
  documents.set(url, loading)
  return loading
}

export function compile(document: Pick<Document, 'components'>, schema: object): ValidateFunction {
  const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }))
  return ajv.compile({ ...schema, components: document.components })
}

function findOperation(document: Document, method: string, pathname: string): Operation | null {
  for (const [template, operations] of Object.entries(document.paths)) {
    const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`)
    if (pattern.test(pathname)) return operations[method.toLowerCase()] ?? null
  }
  return null
}

function schemaOf(operation: Operation, response: Response): object {
  const type = response.headers.get('content-type') ?? ''
  const schema = operation.responses[String(response.status)]?.content[type]?.schema
  if (schema === undefined) throw new Error(`${operation.operationId}: ${response.status} ${type} is not documented`)
  return schema
}
