import type { openApiDocument } from './document'

/** The reference as one page of HTML: no script, and nothing from elsewhere. */
export function docsPage(document: ReturnType<typeof openApiDocument>): string {
  return `<!doctype html><title>${document.info.title}</title>`
}
