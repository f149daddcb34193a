import type { OpenApiDocument } from './document'

/** The reference as one page of HTML: no script, and nothing from elsewhere. */
export function docsPage(document: OpenApiDocument): string {
  return `<!doctype html><title>${document.info.title}</title>`
}
