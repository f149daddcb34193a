#!/usr/bin/env node
// The schema engine that the Prisma CLI talks JSON-RPC to, made of npm packages alone: the stock CLI downloads its own from a
// host that an unconnected machine cannot reach. It delegates to @prisma/schema-engine-wasm, over @prisma/adapter-pg.
'use strict'
const { readFileSync } = require('node:fs')
const path = require('node:path')
const { createInterface } = require('node:readline')
const { PrismaPg } = require('@prisma/adapter-pg')
const { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } = require('@prisma/driver-adapter-utils')
const { Client, Pool } = require('pg')

async function main() {
  const args = parseArguments(process.argv.slice(2))
  if (args.version) process.stdout.write('schema-engine-cli wasm\n')
  else if (args.command !== null) await runCommand(args.command, args.databaseUrl)
  else await serve(args)
}

/** `[--datasource JSON] [--datamodels FILE…] [cli COMMAND]`, as the Prisma CLI starts its engines. */
function parseArguments(argv) {
  const after = (name) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined)
  const datasource = after('--datasource')
  return {
    version: argv.includes('--version'),
    command: after('cli') ?? null,
    databaseUrl: datasource === undefined ? 'postgresql://nobody@127.0.0.1/nothing' : JSON.parse(datasource).url,
    datamodels: argv.includes('--datamodels') ? filesAfter(argv, argv.indexOf('--datamodels')) : [],
  }
}

function filesAfter(argv, option) {
  const rest = argv.slice(option + 1)
  const end = rest.findIndex((word) => word.startsWith('--') || word === 'cli')
  return rest.slice(0, end === -1 ? rest.length : end).map((file) => [file, readFileSync(file, 'utf8')])
}

// Commands: one question, answered by the exit code and a line of log -------------------------------------------------

const COMMANDS = {
  'can-connect-to-database': connectOnce,
  'create-database': createDatabase,
  'drop-database': dropDatabase,
}

/** Prisma's names (https://www.prisma.io/docs/orm/reference/error-reference) for what Postgres calls by SQLSTATE. */
const ERROR_CODES = { '3D000': 'P1003', '28P01': 'P1000', '42P04': 'P1009' }

async function runCommand(name, databaseUrl) {
  const command = COMMANDS[name]
  logLine('INFO', { message: `${name}: begun` }) // the CLI skips the first line, whatever it is
  try {
    if (command === undefined) throw new Error(`unknown command ${name}`)
    await command(databaseUrl)
    logLine('INFO', { message: `${name}: done` })
  } catch (error) {
    logLine('ERROR', { message: error.message, error_code: ERROR_CODES[error.code] ?? 'P1001', is_panic: false })
    process.exitCode = 1
  }
}

function logLine(level, fields) {
  const line = { timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}

// JSON-RPC: one object a line, in and out -----------------------------------------------------------------------------

/** Answers requests one after the other until the CLI closes our input. */
async function serve({ databaseUrl, datamodels }) {
  const engine = lazily(() => startEngine(databaseUrl, datamodels))
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line)
    // What has no method is the CLI's answer to our `print`.
    if (request.method !== undefined) send(await answer(request, engine, databaseUrl))
  }
}

async function answer(request, engine, databaseUrl) {
  try {
    const call = METHODS[request.method] ?? delegate
    return { id: request.id, result: await call({ ...request, engine, databaseUrl }) }
  } catch (error) {
    const { message = String(error), meta = null, code = null } = error
    const data = { is_panic: false, message, meta, error_code: code }
    return {
      id: request.id,
      error: { code: 4466, message: 'An error happened. Check the data field for details.', data },
    }
  }
}

/** What the WASM engine does not do, or does under another name. */
const METHODS = {
  getDatabaseVersion: async ({ engine }) => (await engine()).version(),
  async ensureConnectionValidity({ databaseUrl }) {
    await connectOnce(databaseUrl)
    return {}
  },
  async createDatabase({ params, databaseUrl }) {
    return { databaseName: await createDatabase(params.datasource?.url ?? databaseUrl) }
  },
  async diff({ id, params, engine }) {
    const { exitCode, stdout } = await (await engine()).diff(params)
    if (stdout) send({ id: `print-${id}`, method: 'print', params: { content: stdout } })
    return { exitCode }
  },
}

async function delegate({ method, params, engine }) {
  const started = await engine()
  if (typeof started[method] !== 'function') throw new Error(`the schema engine has no method ${method}`)
  return (await started[method](params)) ?? null
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function lazily(make) {
  let made
  return () => (made ??= make())
}

// The engine ----------------------------------------------------------------------------------------------------------

async function startEngine(databaseUrl, datamodels) {
  const { SchemaEngine } = await loadWasm()
  const factory = bindMigrationAwareSqlAdapterFactory(new AdapterFactory(databaseUrl))
  return SchemaEngine.new({ datamodels: datamodels.length > 0 ? datamodels : undefined }, () => {}, factory)
}

/** The package's own entry imports a .wasm file as a module, which Node cannot do without a flag: bound here by hand. */
async function loadWasm() {
  // Where the engine leaves the words of a panic before it traps.
  global.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => process.stderr.write(`${message}\n`) }
  const folder = path.dirname(require.resolve('@prisma/schema-engine-wasm'))
  const bindings = await import(path.join(folder, 'schema_engine_bg.js'))
  const bytes = readFileSync(path.join(folder, 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings })
  bindings.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return bindings
}

/** Makes adapter-pg fit for migrations, for which it was not meant. */
class AdapterFactory extends PrismaPg {
  #databaseUrl

  constructor(databaseUrl) {
    super(databaseUrl)
    this.#databaseUrl = databaseUrl
  }

  async connect() {
    return adapted(new Pool({ connectionString: this.#databaseUrl, max: 2 }), async () => {})
  }

  async connectToShadowDb() {
    const url = new URL(this.#databaseUrl)
    url.pathname = `/prisma_migrate_shadow_db_${crypto.randomUUID()}`
    await createDatabase(url.toString())
    return adapted(new Pool({ connectionString: url.toString(), max: 2 }), () => dropDatabase(url.toString()))
  }
}

async function adapted(pool, afterwards) {
  const adapter = await new PrismaPg(pool).connect()
  adapter.performIO = readingChars(adapter.performIO.bind(adapter))
  adapter.queryRaw = typingConstraints(adapter.queryRaw.bind(adapter))
  // adapter-pg cuts scripts at each semicolon, those in comments and function bodies too; Postgres itself knows better.
  adapter.executeScript = async (script) => {
    await pool.query(script).catch((error) => adapter.onError(error))
  }
  adapter.dispose = async () => {
    await pool.end()
    await afterwards()
  }
  return adapter
}

const [OID_CHAR, OID_BPCHAR] = [18, 1042]

/** adapter-pg does not know Postgres' internal type "char", which the catalog is full of. */
function readingChars(performIO) {
  return async (query) => {
    const result = await performIO(query)
    for (const field of result.fields) if (field.dataTypeID === OID_CHAR) field.dataTypeID = OID_BPCHAR
    return result
  }
}

/** The engine reads pg_constraint.contype as one character; as text it panics on any CHECK constraint. */
function typingConstraints(queryRaw) {
  return async (query) => {
    const result = await queryRaw(query)
    const column = result.columnNames.indexOf('constraint_type')
    if (column !== -1) result.columnTypes[column] = ColumnTypeEnum.Character
    return result
  }
}

// Databases -----------------------------------------------------------------------------------------------------------

async function connectOnce(databaseUrl) {
  await execute(databaseUrl, 'SELECT 1')
}

async function createDatabase(databaseUrl) {
  const { name, server } = locate(databaseUrl)
  await execute(server, `CREATE DATABASE "${name}"`)
  return name
}

async function dropDatabase(databaseUrl) {
  const { name, server } = locate(databaseUrl)
  await execute(server, `DROP DATABASE "${name}" WITH (FORCE)`)
}

function locate(databaseUrl) {
  const server = new URL(databaseUrl)
  const name = decodeURIComponent(server.pathname.slice(1))
  server.pathname = '/postgres'
  return { name, server: server.toString() }
}

async function execute(databaseUrl, sql) {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

main().then(
  () => process.exit(),
  (error) => {
    process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  },
)
