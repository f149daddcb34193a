import type { Command } from 'commander'
import { answersWith } from '../answer'
import type { Api } from '../api-client'
import { listOf, type Merchant, merchantSchema } from '../api-schemas'
import { adminApi, withConnection } from '../connection'
import { renderTable } from '../render/table'

const PAGE = 100

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
    const all = await readAll(adminApi(options))
    return { text: renderTable(all.map(({ id, created_at, name }) => [id, created_at, name])), json: all }
  })
}

async function readAll(api: Api): Promise<Merchant[]> {
  const all: Merchant[] = []
  for (;;) {
    const last = all.at(-1)
    const from = last === undefined ? '' : `&starting_after=${last.id}`
    const page = await api.get(`/admin/merchants?limit=${PAGE}${from}`, listOf(merchantSchema))
    all.push(...page.data)
    if (!page.has_more) return all
  }
}
