import { PROBLEM_CODES } from '../http/problem-codes'
import type { OpenApiDocument } from './document'

const METHODS = ['get', 'post', 'patch', 'delete'] as const

interface Operation {
  readonly method: string
  readonly path: string
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  /** Empty where no key is needed. */
  readonly scope: string
  readonly parameters: readonly unknown[]
  readonly body: unknown
  readonly responses: Readonly<Record<string, unknown>>
}

/** The reference as one page of HTML: no script, and nothing from elsewhere. */
export function docsPage(document: OpenApiDocument): string {
  const operations = operationsOf(document)
  const tags = [...new Set(operations.map(({ tag }) => tag))]
  const ofTag = (tag: string): Operation[] => operations.filter((operation) => operation.tag === tag)
  const { title, version, description = '' } = document.info
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)} API ${html(version)}</title><style>${STYLE}</style>
<nav aria-label="Contents"><h1>${html(title)}</h1>
${tags.map((tag) => `<h2>${html(tag)}</h2><ul>${ofTag(tag).map(contentsItem).join('')}</ul>`).join('\n')}
<h2>More</h2><ul><li><a href="#schemas">Objects</a><li><a href="#webhooks">Webhooks</a><li><a href="#problems">Problems</a>
<li><a href="openapi.json">openapi.json</a></ul></nav>
<main><p>${prose(description)}</p>
${operations.map(section).join('\n')}
<h2 id="schemas">Objects</h2>${Object.entries(document.components?.schemas ?? {})
    .map(schemaSection)
    .join('\n')}
<h2 id="webhooks">Webhooks</h2><ul>${Object.keys(document.webhooks ?? {})
    .map((name) => `<li><code>${html(name)}</code>`)
    .join('')}</ul>
<h2 id="problems">Problems</h2><dl>${Object.entries(PROBLEM_CODES).map(problemItem).join('')}</dl>
</main></html>`
}

function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      if (operation === undefined) return []
      const { operationId = '', tags = [], summary = '', description = '', parameters = [], requestBody } = operation
      const scope = Object.values(operation.security?.[0] ?? {})
        .flat()
        .join(' ')
      const responses = (operation.responses ?? {}) as Record<string, unknown>
      return [
        {
          method,
          path,
          id: operationId,
          tag: tags[0] ?? '',
          summary,
          description,
          scope,
          parameters,
          body: requestBody,
          responses,
        },
      ]
    }),
  )
}

function contentsItem({ id, summary }: Operation): string {
  return `<li><a href="#${html(id)}">${html(summary)}</a>`
}

function section({ method, path, id, summary, description, scope, parameters, body, responses }: Operation): string {
  const [[status = '', success] = []] = Object.entries(responses)
  const problems = Object.keys(responses).filter((code) => code !== status)
  return `<section id="${html(id)}"><h3>${html(summary)}</h3>
<p><code class="${method}">${method.toUpperCase()}</code> <code>${html(path)}</code>${scope === '' ? '' : ` · scope <code>${html(scope)}</code>`}</p><p>${prose(description)}</p>
${parameters.length === 0 ? '' : `<details><summary>Parameters</summary>${json(parameters)}</details>`}
${body === undefined ? '' : `<details><summary>Body</summary>${json(body)}</details>`}
<details><summary>Answer ${html(status)}</summary>${json(success)}</details>
<p>Problems: ${problems.map((code) => `<code>${html(code)}</code>`).join(' ')}</p></section>`
}

function schemaSection([name, schema]: [string, unknown]): string {
  return `<details id="schema-${html(name)}"><summary>${html(name)}</summary>${json(schema)}</details>`
}

function problemItem([code, meaning]: [string, string]): string {
  return `<dt id="${code}"><code>${code}</code><dd>${prose(meaning)}`
}

/** A schema as it is, with its references as links. */
function json(value: unknown): string {
  const text = html(JSON.stringify(value, null, 2))
  return `<pre>${text.replace(/#\/components\/schemas\/(\w+)/g, '<a href="#schema-$1">$1</a>')}</pre>`
}

function prose(text: string): string {
  return html(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

function html(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --accent: #0b6bcb }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 56rem) }
nav { border-right: 1px solid var(--line); padding: 1rem; height: 100vh; overflow: auto; position: sticky; top: 0; box-sizing: border-box }
nav h1 { font-size: 1.3rem } nav h2 { font-size: .9rem; margin: 1rem 0 .2rem } nav ul { list-style: none; margin: 0; padding: 0; font-size: .9rem }
main { padding: 1rem 2rem 50vh } section { border-top: 1px solid var(--line); padding-top: .5rem }
a { color: var(--accent) } code.post, code.patch { color: #15803d } code.delete { color: #b91c1c }
pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .4rem; font-size: .85rem }
summary { cursor: pointer } :target { outline: 2px solid var(--accent); outline-offset: .3rem }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto } }
`
