#!/usr/bin/env node
// The schema engine that the Prisma CLI talks JSON-RPC to, made of npm packages alone: the stock CLI downloads its own from a
// host that an unconnected machine cannot reach. It delegates to @prisma/schema-engine-wasm and @prisma/adapter-pg.
'use strict'
const fs = require('node:fs'),
  path = require('node:path'),
  rl = require('node:readline')
const { PrismaPg } = require('@prisma/adapter-pg')
const { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } = require('@prisma/driver-adapter-utils')
const { Client } = require('pg')
// Where the engine leaves the words of a panic before it traps.
global.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => process.stderr.write(`${message}\n`) }
async function load() {
  const dir = path.dirname(require.resolve('@prisma/schema-engine-wasm'))
  const bg = await import(path.join(dir, 'schema_engine_bg.js'))
  const { instance } = await WebAssembly.instantiate(fs.readFileSync(path.join(dir, 'schema_engine_bg.wasm')), {
    './schema_engine_bg.js': bg,
  })
  bg.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start?.()
  return bg
}
const argv = process.argv.slice(2)
if (process.env.SE_DEBUG) fs.appendFileSync(process.env.SE_DEBUG, 'ARGV ' + JSON.stringify(argv).slice(0, 300) + '\n')
let ds,
  datamodels = [],
  cmd = null
for (let i = 0; i < argv.length; i++) {
  if (argv[i] === '--datasource') ds = JSON.parse(argv[++i])
  else if (argv[i] === '--datamodels') {
    while (argv[i + 1] && !argv[i + 1].startsWith('--') && argv[i + 1] !== 'cli') {
      const f = argv[++i]
      datamodels.push([f, fs.readFileSync(f, 'utf8')])
    }
  } else if (argv[i] === 'cli') {
    cmd = argv[i + 1]
    break
  }
}
if (argv.includes('--version')) {
  console.log('schema-engine-cli wasm')
  process.exit(0)
}
const log = (level, message, extra) =>
  process.stderr.write(
    JSON.stringify({
      timestamp: new Date().toISOString(),
      level,
      fields: { message, ...extra },
      target: 'schema_engine::logger',
    }) + '\n',
  )
const admin = async (url, f) => {
  const u = new URL(url)
  const db = decodeURIComponent(u.pathname.slice(1))
  u.pathname = '/postgres'
  const c = new Client({ connectionString: u.toString() })
  await c.connect()
  try {
    return await f(c, db)
  } finally {
    await c.end()
  }
}
async function cli() {
  try {
    if (cmd === 'can-connect-to-database') {
      const c = new Client({ connectionString: ds.url })
      await c.connect()
      await c.end()
      log('INFO', 'Connection successful')
    } else if (cmd === 'create-database') {
      await admin(ds.url, (c, db) => c.query(`CREATE DATABASE "${db}"`))
      log('INFO', 'Successfully created database')
    } else if (cmd === 'drop-database') {
      await admin(ds.url, (c, db) => c.query(`DROP DATABASE "${db}" WITH (FORCE)`))
      log('INFO', 'dropped')
    }
    process.exit(0)
  } catch (e) {
    const code = e.code === '3D000' ? 'P1003' : e.code === '28P01' ? 'P1000' : 'P1001'
    log('ERROR', String(e.message || e.code), { error_code: code, is_panic: false })
    process.exit(1)
  }
}
const pg = require('pg')
const fix = (r) => {
  for (const x of Array.isArray(r) ? r : [r])
    for (const f of x?.fields ?? []) if (f.dataTypeID === 18) f.dataTypeID = 1042
  return r
} // "char" -> bpchar
class Pool extends pg.Pool {
  query(...a) {
    const r = super.query(...a)
    return r?.then ? r.then(fix) : r
  }
  connect(...a) {
    const r = super.connect(...a)
    return r?.then
      ? r.then((c) => {
          if (!c.__fixed) {
            c.__fixed = true
            const o = c.query.bind(c)
            c.query = (...b) => {
              const q = o(...b)
              return q?.then ? q.then(fix) : q
            }
          }
          return c
        })
      : r
  }
}
// The engine reads pg_constraint.contype as one character; as text it panics on any CHECK constraint.
const withConstraintTypes = (adapter) => {
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (...a) => {
    const r = await queryRaw(...a)
    r.columnNames.forEach((name, i) => {
      if (name === 'constraint_type') r.columnTypes[i] = ColumnTypeEnum.Character
    })
    return r
  }
  return adapter
}
class Factory extends PrismaPg {
  async connect() {
    return withConstraintTypes(await super.connect())
  }
  constructor(url) {
    super(new Pool({ connectionString: url, max: 2 }))
    this.url = url
  }
  async connectToShadowDb() {
    const name = 'prisma_migrate_shadow_db_' + require('node:crypto').randomUUID()
    await admin(this.url, (c) => c.query(`CREATE DATABASE "${name}"`))
    const u = new URL(this.url)
    u.pathname = '/' + name
    const pool = new Pool({ connectionString: u.toString(), max: 2 })
    const ad = withConstraintTypes(await new PrismaPg(pool).connect())
    ad.dispose = async () => {
      await pool.end()
      await admin(this.url, (c) => c.query(`DROP DATABASE "${name}" WITH (FORCE)`))
    }
    return ad
  }
}
async function rpc() {
  const bg = await load()
  let engine
  const factory = bindMigrationAwareSqlAdapterFactory(new Factory(ds?.url ?? 'postgresql://invalid/'))
  const get = async () =>
    (engine ??= await bg.SchemaEngine.new(
      { datamodels: datamodels.length ? datamodels : undefined },
      () => {},
      factory,
    ))
  let waiting
  const R = rl.createInterface({ input: process.stdin })
  let q = Promise.resolve()
  const send = (o) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...o }) + '\n')
  R.on('line', (line) => {
    if (waiting && !/"method"/.test(line)) {
      waiting()
      waiting = null
      return
    }
    q = q.then(async () => {
      let m
      try {
        m = JSON.parse(line)
      } catch {
        return
      }
      if (!m.method) return
      if (process.env.SE_DEBUG) fs.appendFileSync(process.env.SE_DEBUG, '> ' + line.slice(0, 600) + '\n')
      try {
        let result
        if (m.method === 'getDatabaseVersion') result = await (await get()).version()
        else if (m.method === 'ensureConnectionValidity') {
          const c = new Client({ connectionString: ds.url })
          await c.connect()
          await c.end()
          result = {}
        } else if (m.method === 'createDatabase') {
          const url = m.params.datasource?.url ?? ds.url
          await admin(url, (c, db) => c.query(`CREATE DATABASE "${db}"`))
          result = { databaseName: new URL(url).pathname.slice(1) }
        } else {
          const e = await get()
          if (typeof e[m.method] !== 'function') throw new Error('unsupported ' + m.method)
          result = (await e[m.method](m.params)) ?? null
        }
        if (process.env.SE_DEBUG)
          fs.appendFileSync(process.env.SE_DEBUG, '< ' + JSON.stringify(result)?.slice(0, 400) + '\n')
        if (m.method === 'diff' && result?.stdout) {
          await new Promise((r) => {
            waiting = r
            send({ id: 'p' + m.id, method: 'print', params: { content: result.stdout } })
            setTimeout(r, 500)
          })
          result = { exitCode: result.exitCode }
        }
        send({ id: m.id, result })
      } catch (e) {
        if (process.env.SE_DEBUG)
          fs.appendFileSync(
            process.env.SE_DEBUG,
            '! ' + (e?.stack ?? JSON.stringify(e)) + ' ' + JSON.stringify(e) + '\n',
          )
        send({
          id: m.id,
          error: {
            code: 4466,
            message: 'An error happened. Check the data field for details.',
            data: {
              is_panic: false,
              message: String(e?.message ?? e),
              meta: e?.meta ?? null,
              error_code: e?.code ?? e?.error_code ?? null,
            },
          },
        })
      }
    })
  })
  R.on('close', () => q.then(() => process.exit(0)))
}
cmd ? cli() : rpc()
