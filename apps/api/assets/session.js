// @ts-check
// A checkout session's page without its server: what is new, the choice of last time, the way back to the shop. Also the times of
// both pages in the payer's zone. The pages work without all of it.

const LOOK_EVERY_MS = 4_000
const RETURN_AFTER_MS = 5_000
const CHOICE_KEY = 'ctrip-choice'

document.documentElement.classList.add('js')
showTimes()
const session = document.getElementById('session')
if (session !== null) {
  document.addEventListener('submit', rememberChoice)
  document.addEventListener('visibilitychange', () => document.hidden || look())
  present(session)
  setInterval(() => document.hidden || look(), LOOK_EVERY_MS)
}

const payment = document.getElementById('checkout')
payment?.addEventListener('state', (event) => {
  showTimes()
  const { stage } = /** @type {CustomEvent<{stage: string}>} */ (event).detail
  // The session says whether something is still due, and leads back to the shop.
  if (payment.dataset.session && (stage === 'paid' || stage === 'settled')) location.replace(payment.dataset.session)
})

/** The page as the server has it now, unless it is over. */
async function look() {
  const shown = document.getElementById('session')
  if (shown === null || shown.dataset.stage === 'complete') return
  const answer = await fetch(location.href).catch(() => null)
  const message = document.getElementById('message')
  if (message !== null) message.textContent = answer === null ? (shown.dataset.lost ?? '') : ''
  if (answer === null || !answer.ok) return
  const news = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const next = news.getElementById('session')
  if (next === null || next.outerHTML === latest) return
  const focused = document.activeElement instanceof HTMLButtonElement ? document.activeElement.value : null
  shown.replaceWith(next)
  document.title = news.title
  present(next)
  for (const button of next.querySelectorAll('button')) if (button.value === focused) button.focus()
}

/** The page as the server made it: what is compared with its next answer. */
let latest = ''

/** @param {HTMLElement} main */
function present(main) {
  latest = main.outerHTML
  showTimes()
  const last = readChoice()
  for (const button of main.querySelectorAll('button')) {
    if (last === null || button.value !== last) continue
    button.querySelector('.last')?.removeAttribute('hidden')
    const item = button.closest('li')
    item?.parentElement?.prepend(item)
  }
  const { return: url } = main.dataset
  if (url) setTimeout(() => location.assign(url), RETURN_AFTER_MS)
}

/** @param {SubmitEvent} event */
function rememberChoice({ submitter }) {
  if (!(submitter instanceof HTMLButtonElement)) return
  try {
    localStorage.setItem(CHOICE_KEY, submitter.value)
  } catch {
    // No storage here: the page forgets.
  }
}

function readChoice() {
  try {
    return localStorage.getItem(CHOICE_KEY)
  } catch {
    return null
  }
}

function showTimes() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' })
  for (const time of document.querySelectorAll('time[data-local]'))
    if (time instanceof HTMLTimeElement) time.textContent = format.format(new Date(time.dateTime))
}
