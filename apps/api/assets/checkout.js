// @ts-check
// The payer's page without its server: copying, the countdown, what is new, and wallets in this browser.
// The page works without all of it. What is shown is always made by the server; here it is only put in its place.

/**
 * @typedef {{version: string, stage: string, final: boolean, payable: boolean, title: string, now: string,
 *   fragments: Record<string, {version: string, html: string}>}} State
 * @typedef {{request(call: {method: string, params?: unknown[]}): Promise<unknown>}} Provider EIP-1193
 * @typedef {{info: {uuid: string, name: string, icon: string}, provider: Provider}} Wallet EIP-6963
 */

const POLL_EVERY_MS = 5_000
const POLLS_BEFORE_STREAM = 12
const SILENT_MS_MAX = 12_000
/** So long the network may take a transaction; after it the payer may try again. */
const SENT_KEPT_MS = 10 * 60_000
const COPIED_FOR_MS = 2_000
/** EIP-1193 and EIP-3085. */
const USER_REJECTED = 4001
const CHAIN_UNKNOWN = 4902
const WALLETS_MAX = 12

const page = document.getElementById('checkout')
if (page !== null) {
  document.documentElement.classList.add('js')
  document.addEventListener('click', copy)
  keepTime(page)
  follow(page)
  offerWallets(page)
}

/** @param {Event} event */
async function copy(event) {
  const button = event.target instanceof Element ? event.target.closest('button[data-copy]') : null
  if (!(button instanceof HTMLButtonElement)) return
  await navigator.clipboard.writeText(button.dataset.copy ?? '').catch(() => copyTheOldWay(button.dataset.copy ?? ''))
  const said = button.querySelector('.copy-text')
  if (said === null) return
  said.textContent = button.dataset.copied ?? ''
  setTimeout(() => said.replaceChildren(), COPIED_FOR_MS)
}

/** Where the page has no secure origin (a shop under development) there is no clipboard to write to. @param {string} text */
function copyTheOldWay(text) {
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}

/** Counts down by the server's clock: the payer's own may be wrong by hours. @param {HTMLElement} page */
function keepTime(page) {
  let aheadMs = 0
  const synchronize = (/** @type {string | undefined} */ now) => {
    aheadMs = Date.parse(now ?? '') - Date.now()
  }
  synchronize(page.dataset.now)
  const show = () => {
    const clock = document.getElementById('countdown')
    if (!(clock instanceof HTMLTimeElement)) return
    const left = Math.max(0, Math.ceil((Date.parse(clock.dateTime) - Date.now() - aheadMs) / 1000))
    clock.textContent = spell(left)
    const bar = document.getElementById('time-left')
    if (bar instanceof HTMLProgressElement) bar.value = left
  }
  page.addEventListener('state', (event) => {
    synchronize(/** @type {CustomEvent<State>} */ (event).detail.now)
    show()
  })
  show()
  setInterval(show, 1_000)
}

/** @param {number} seconds */
function spell(seconds) {
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, '0')
  const minutes = `${two((seconds / 60) % 60)}:${two(seconds % 60)}`
  return seconds < 3_600 ? minutes : `${Math.floor(seconds / 3_600)}:${minutes}`
}

/**
 * Listens to the stream; the browser resumes it by itself. The server beats every 5 s: where nothing is heard for longer (a proxy holds
 * the stream back, the network is gone), or the stream is refused, the page asks now and then. @param {HTMLElement} page
 */
function follow(page) {
  const { events = '', state = '' } = page.dataset
  let polls = 0
  let heardAt = Date.now()
  /** @type {EventSource | null} */
  let stream = null

  function listen() {
    const heard = () => {
      heardAt = Date.now()
      foundAgain(page)
    }
    heardAt = Date.now()
    stream = new EventSource(`${events}&after=${page.dataset.version}`)
    stream.addEventListener('beat', heard)
    stream.onmessage = ({ data }) => {
      heard()
      const news = /** @type {State} */ (JSON.parse(data))
      show(page, news)
      if (news.final) leave()
    }
    stream.onerror = () => {
      if (stream?.readyState === EventSource.CLOSED) ask()
    }
  }

  function leave() {
    stream?.close()
    stream = null
  }

  function ask() {
    leave()
    poll()
  }

  async function poll() {
    const answer = await fetch(state).catch(() => null)
    if (answer === null) say(text(page, 'connection_lost'))
    else {
      foundAgain(page)
      if (answer.ok) show(page, await answer.json())
    }
    if (page.dataset.final !== 'true') setTimeout(++polls % POLLS_BEFORE_STREAM === 0 ? listen : poll, POLL_EVERY_MS)
  }

  if (page.dataset.final === 'true') return
  listen()
  setInterval(() => {
    if (stream !== null && Date.now() - heardAt > SILENT_MS_MAX) ask()
  }, 1_000)
}

/** @param {HTMLElement} page */
function foundAgain(page) {
  if (document.getElementById('message')?.textContent === text(page, 'connection_lost')) say('')
}

/** @param {HTMLElement} page @param {State} state */
function show(page, state) {
  page.dataset.version = state.version
  page.dataset.stage = state.stage
  page.dataset.final = String(state.final)
  document.title = state.title
  for (const [name, { version, html }] of Object.entries(state.fragments)) {
    const part = document.getElementById(`${name}-part`)
    if (part === null || part.dataset.version === version) continue
    const chosen = [...part.querySelectorAll('input:checked')].map(({ id }) => id)
    part.innerHTML = html
    part.dataset.version = version
    if (name === 'status') say('')
    for (const again of chosen.map((id) => document.getElementById(id)))
      if (again instanceof HTMLInputElement) again.checked = true
  }
  page.dispatchEvent(new CustomEvent('state', { detail: state }))
}

/** @param {HTMLElement} page */
function offerWallets(page) {
  const section = document.getElementById('wallets')
  const buttons = document.getElementById('wallet-buttons')
  if (section === null || buttons === null) return
  const known = new Set()
  const refresh = () => {
    section.hidden = known.size === 0 || document.getElementById('transaction') === null
    guardButtons()
  }
  window.addEventListener('eip6963:announceProvider', (event) => {
    const wallet = /** @type {CustomEvent<Wallet>} */ (event).detail
    if (known.has(wallet.info.uuid) || known.size >= WALLETS_MAX) return
    known.add(wallet.info.uuid)
    buttons.append(walletButton(page, wallet))
    refresh()
  })
  page.addEventListener('state', refresh)
  const transaction = document.getElementById('transaction')
  if (transaction !== null && wasSent(page, transaction)) {
    asked = transaction
    say(text(page, 'wallet_sent'))
  }
  window.dispatchEvent(new Event('eip6963:requestProvider'))
}

/** @param {HTMLElement} page @param {Wallet} wallet */
function walletButton(page, { info, provider }) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'button wallet'
  const icon = document.createElement('img')
  icon.alt = ''
  icon.src = info.icon
  button.append(icon, text(page, 'wallet_pay_with').replace('{wallet}', info.name))
  button.addEventListener('click', () => payWith(page, provider))
  return button
}

/** What a wallet has been asked to send. Until something else is owed, no button works: nobody shall pay twice. @type {Element | null} */
let asked = null

/** A reload must not offer to pay again what is on its way. @param {HTMLElement} page @param {HTMLElement} transaction */
function rememberSent(page, transaction) {
  try {
    localStorage.setItem(sentKey(page), JSON.stringify({ what: spellTransaction(transaction), at: Date.now() }))
  } catch {
    // No storage here: the page forgets, as it did before.
  }
}

/** Whether just this was sent a moment ago, before a reload. @param {HTMLElement} page @param {HTMLElement} transaction */
function wasSent(page, transaction) {
  try {
    const { what, at } = JSON.parse(localStorage.getItem(sentKey(page)) ?? '{}')
    return what === spellTransaction(transaction) && Date.now() - at < SENT_KEPT_MS
  } catch {
    return false
  }
}

/** @param {HTMLElement} page */
function sentKey(page) {
  return `ctrip-sent:${page.dataset.payment}`
}

/** Another amount is another transaction: what remains after a part may be paid at once. @param {HTMLElement} transaction */
function spellTransaction({ dataset: { chainId, to, value, data } }) {
  return [chainId, to, value, data].join(' ')
}

function guardButtons() {
  const disabled = asked !== null && document.contains(asked)
  for (const button of document.querySelectorAll('#wallet-buttons button')) button.toggleAttribute('disabled', disabled)
}

/** @param {HTMLElement} page @param {Provider} provider */
async function payWith(page, provider) {
  const transaction = document.getElementById('transaction')
  if (transaction === null) return
  asked = transaction
  guardButtons()
  say(text(page, 'wallet_connecting'))
  try {
    const { to, value, data, chainId = '', addChain } = transaction.dataset
    const [from] = /** @type {string[]} */ (await provider.request({ method: 'eth_requestAccounts' }))
    await useChain(provider, chainId, addChain)
    await provider.request({ method: 'eth_sendTransaction', params: [{ from, to, value, data, chainId }] })
    rememberSent(page, transaction)
    say(text(page, 'wallet_sent'))
  } catch (error) {
    say(explain(page, error))
    asked = null
    guardButtons()
  }
}

/** EIP-3326, and EIP-3085 where the wallet does not know the chain. @param {Provider} provider @param {string} chainId @param {string | undefined} addChain */
async function useChain(provider, chainId, addChain) {
  const current = await provider.request({ method: 'eth_chainId' })
  if (Number(current) === Number(chainId)) return
  const change = () => provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] })
  try {
    await change()
  } catch (error) {
    if (codeOf(error) !== CHAIN_UNKNOWN || !addChain) throw error
    await provider.request({ method: 'wallet_addEthereumChain', params: [JSON.parse(addChain)] })
    await change() // adding alone does not always change to it
  }
}

/** @param {HTMLElement} page @param {unknown} error */
function explain(page, error) {
  const code = codeOf(error)
  if (code === USER_REJECTED) return text(page, 'wallet_rejected')
  if (code === CHAIN_UNKNOWN) return text(page, 'wallet_chain_missing')
  const { message = '' } = /** @type {{message?: string}} */ (error ?? {})
  return text(page, 'wallet_failed').replace('{reason}', message)
}

/** Some wallets wrap what they mean in another error. @param {unknown} error @returns {unknown} */
function codeOf(error) {
  const { code, data } = /** @type {{code?: unknown, data?: {originalError?: {code?: unknown}}}} */ (error ?? {})
  return data?.originalError?.code ?? code
}

/** @param {string} message */
function say(message) {
  const place = document.getElementById('message')
  if (place !== null && place.textContent !== message) place.textContent = message
}

/** @param {HTMLElement} page @param {string} key */
function text(page, key) {
  return /** @type {Record<string, string>} */ (JSON.parse(page.dataset.texts ?? '{}'))[key] ?? ''
}
