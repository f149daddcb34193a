import type { Command } from 'commander'
import { answersWith } from '../answer'
import { listOf, newKeySchema, operatorSchema } from '../api-schemas'
import { adminApi, withConnection } from '../connection'
import { publicId } from '../public-id'
import { renderTable } from '../render/table'

export function addOperatorCommands(program: Command): void {
  const operators = program.command('operators').description('people who operate this gateway, each with a key')

  const create = operators
    .command('create <name>')
    .description('make a key for a person; it is shown this once. The audit log has the name')
    .requiredOption('--role <role>', 'operator, or viewer, who may only read')
  answersWith(withConnection(create), async (options, name: string) => {
    const { role } = create.opts<{ role: string }>()
    const operator = await adminApi(options).post('/admin/operators', { name, role }, newKeySchema)
    return { text: `${operator.id}\n${operator.key}`, json: operator }
  })

  const list = operators.command('list').description('operators, newest first; ADMIN_API_KEY is not among them')
  answersWith(withConnection(list), async (options) => {
    const { data } = await adminApi(options).get('/admin/operators', listOf(operatorSchema))
    const rows = data.map(({ id, created_at, revoked_at, role, name }) => [
      id,
      created_at,
      revoked_at ? 'revoked' : 'active',
      role,
      name,
    ])
    return { text: renderTable(rows), json: data }
  })

  const revoke = operators.command('revoke <operator-id>').description("end an operator's key, at once")
  answersWith(withConnection(revoke), async (options, operatorId: string) => {
    const id = publicId('operator', operatorId)
    await adminApi(options).delete(`/admin/operators/${encodeURIComponent(id)}`)
    return { text: `${id} is revoked`, json: { id, revoked: true } }
  })
}
