import type { Command } from 'commander'
import { answersWith } from '../answer'
import { listOf, merchantSchema } from '../api-schemas'
import { adminApi, withConnection } from '../connection'
import { renderTable } from '../render/table'

export function addMerchantCommands(program: Command): void {
  const merchants = program.command('merchants').description('merchants of this gateway')

  const create = merchants
    .command('create <name>')
    .description('make a merchant; give it a key with `ctrip keys create`')
  answersWith(withConnection(create), async (options, name: string) => {
    const merchant = await adminApi(options).post('/admin/merchants', { name }, merchantSchema)
    return { text: merchant.id, json: merchant }
  })

  const list = merchants.command('list').description('all merchants, newest first')
  answersWith(withConnection(list), async (options) => {
    const { data } = await adminApi(options).get('/admin/merchants', listOf(merchantSchema))
    return { text: renderTable(data.map(({ id, created_at, name }) => [id, created_at, name])), json: data }
  })
}
