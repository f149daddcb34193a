export interface StackOptions {
  /** Everything the stack keeps; absolute. */
  readonly dataFolder: string
  readonly fresh: boolean
  /** The API's port; the rest follow. */
  readonly portBase: number
  readonly blockTimeSeconds: number
  /** Of each service. */
  readonly replicas: number
  /** The folder with the services' builds (`api`, `scanner`, …) and `cli`, which migrates; absolute. */
  readonly appsFolder: string
  readonly foreign: ForeignServers
}

/** Servers, files and keys of the user, used instead of our own. */
export interface ForeignServers {
  readonly databaseUrl?: string
  readonly natsUrl?: string
  readonly chainsFile?: string
  /** Only together with `chainsFile`: a local chain always has generated keys. */
  readonly depositMnemonic?: string
  readonly gasWalletPrivateKey?: string
}
