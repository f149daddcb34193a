import { ACCOUNT_PATH } from '@ctrip/chain/addresses'
import type { Command } from 'commander'
import { HDNodeWallet, Mnemonic, randomBytes } from 'ethers'
import { answersWith } from '../answer'

const ENTROPY_BYTES = 32 // 24 words

export function addWalletCommands(program: Command): void {
  const wallet = program.command('wallet').description('the wallet that deposit addresses are derived from')
  const create = wallet
    .command('new')
    .description(`a new mnemonic and its account's xpub (${ACCOUNT_PATH}); nothing is stored`)
  answersWith(create, async () => {
    const created = newWallet()
    const text = [
      `mnemonic      ${created.mnemonic}`,
      `account xpub  ${created.xpub}`,
      '',
      'Write the mnemonic down: without it, what is paid cannot be collected. It belongs to the signer alone (DEPOSIT_MNEMONIC).',
      'The xpub belongs to the API (DEPOSIT_XPUB). Keep it secret as well: with one child key it yields every key.',
    ].join('\n')
    return { text, json: created }
  })
}

function newWallet(): { mnemonic: string; xpub: string; path: string } {
  const mnemonic = Mnemonic.fromEntropy(randomBytes(ENTROPY_BYTES)).phrase
  return {
    mnemonic,
    xpub: HDNodeWallet.fromPhrase(mnemonic, '', ACCOUNT_PATH).neuter().extendedKey,
    path: ACCOUNT_PATH,
  }
}
