import { endpoints } from '../routes/endpoints'
import { openApiDocument } from './document'

// The document that the SDK's types are made of (`npm run openapi` in apps/api): of no server in particular.
process.stdout.write(`${JSON.stringify(openApiDocument(endpoints, '/'), null, 2)}\n`)
