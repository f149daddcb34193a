import document from '../../../packages/sdk/openapi.json'
import { openApiDocument } from '../src/openapi/document'
import { endpoints } from '../src/routes/endpoints'

test("the SDK's types are made of this API's document (npm run openapi)", () => {
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument(endpoints, '/'))))
})
