import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const FILES = [
  '{apps,packages,examples}/*/{src,test,assets}/**/*.{ts,js,cjs,mjs,css}',
  '{apps,packages,examples}/*/*.{md,mjs,cjs}',
  'packages/db/prisma/**/*.{sql,prisma}',
  'bench/{src,test}/**/*.ts',
  'bench/*.md',
  'deploy/**/*.{yml,yaml,sh,alloy,conf}',
  'deploy/docker/Dockerfile',
  'scripts/*.{mjs,cjs}',
  'docs/**/*.md',
  '.github/**/*.{yml,md}',
  '*.{md,yml,cjs,mjs}',
]
/** Generated files, third-party fixtures, and the files that quote the forbidden forms. */
const NOT_CHECKED =
  /(^|\/)(node_modules|dist|generated|rendered|fixtures|pnpm-lock\.yaml|CHANGELOG\.md)(\/|$)|^docs\/glossary\.md$|^scripts\/words\.mjs$|^packages\/repository\/test\/words\.test\.ts$/

/** What the glossary forbids: `why` says what to write instead. */
export const RULES = [
  {
    id: 'noun-clause',
    // In comments only: a question, or a heading of a table, may begin so.
    opening: /^(What|Whose|Whom|Who|Whatever|Whoever|That which)\b(?![^.!?:]*\?)/,
    why: 'begin with a noun: "The transfers of a block", not "What a block transferred"',
  },
  {
    id: 'tell',
    pattern: /\b(told of|tells? (of|a story|the story)|is told|are told|was told|were told)\b/gi,
    why: 'emit, report, notify',
  },
  { id: 'story', pattern: /\bstor(y|ies)\b/gi, why: 'events of one payment; history' },
  { id: 'go-on', pattern: /\b(goes|go|went|gone|going) on\b/gi, why: 'continue' },
  { id: 'all-the-same', pattern: /\ball the same\b/gi, why: 'anyway, also' },
  { id: 'anew', pattern: /\banew\b/gi, why: 'again' },
  { id: 'for-ever', pattern: /\bfor ever\b/gi, why: 'forever, without limit' },
  { id: 'hear', pattern: /\bhears? of\b|\bheard of\b/gi, why: 'receive, learn' },
  { id: 'become-of', pattern: /\b(became|becomes?) of\b/gi, why: 'the outcome of' },
  { id: 'to-be', pattern: /\bis to be\b|\bare to be\b/gi, why: 'must be, will be' },
  {
    id: 'collect',
    pattern: /(?<!garbage )\bcollect(s|ed|ing|able)?\b(?! (process|metrics|errors|garbage|results))/gi,
    why: 'sweep (money)',
  },
  { id: 'answer', pattern: /\b(an|the|its|this|that|each|every|stored|first|no|of) answers?\b/gi, why: 'response' },
]

/** The files that are checked, as paths from the root. */
export function wordFiles(root = '.') {
  return [...new Set(FILES.flatMap((pattern) => globSync(pattern, { cwd: root })))]
    .filter((file) => !NOT_CHECKED.test(file))
    .sort()
}

/** Every forbidden form in a file: `{file, line, rule, text, why}`. */
export function findWords(file, source) {
  return textsOf(file, source).flatMap(({ line, text, comment }) =>
    RULES.flatMap(({ id, pattern, opening, why }) => {
      if (opening !== undefined)
        return comment && opening.test(text) ? [{ file, line, rule: id, text: excerpt(text), why }] : []
      return [...text.matchAll(pattern)].map(([word]) => ({ file, line, rule: id, text: word, why }))
    }),
  )
}

/**
 * The number of findings per package (`apps/api`, `packages/db`, `bench`) or folder (`docs`, `deploy`, `.` for the root's files).
 * @returns {Record<string, number>}
 */
export function countByArea(findings) {
  const counts = {}
  for (const { file } of findings) counts[areaOf(file)] = (counts[areaOf(file)] ?? 0) + 1
  return counts
}

export function areaOf(file) {
  const parts = file.split('/')
  if (['apps', 'packages', 'examples'].includes(parts[0])) return parts.slice(0, 2).join('/')
  return parts.length === 1 ? '.' : parts[0]
}

/**
 * The findings of all files.
 * @returns {{file: string, line: number, rule: string, text: string, why: string}[]}
 */
export function readFindings(root = '.') {
  return wordFiles(root).flatMap((file) => findWords(file, readFileSync(join(root, file), 'utf8')))
}

/** The comments and texts of a file: `{line, text, comment}`. */
export function textsOf(file, source) {
  if (/\.(ts|js|cjs|mjs)$/.test(file)) return scriptTexts(file, source)
  if (/\.md$/.test(file)) return proseOf(source)
  return lineComments(source, /\.(sql|prisma)$/.test(file) ? /(?:--|\/\/)\s?(.*)$/ : /(?:^|\s)#\s?(.*)$/)
}

function scriptTexts(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const texts = []
  const comments = new Map()
  const visit = (node) => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
    if (isText && /\s/.test(node.text)) texts.push({ at: node.getStart(tree), text: node.text, comment: false })
    if (node.getChildCount(tree) === 0) {
      const found = [
        ...(ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []),
        ...(ts.getTrailingCommentRanges(source, node.getEnd()) ?? []),
      ]
      for (const { pos, end } of found) comments.set(pos, source.slice(pos, end))
    }
    for (const child of node.getChildren(tree)) visit(child)
  }
  visit(tree)
  const all = [...texts, ...joinLines([...comments], source)]
  return all.map(({ at, text, comment }) => ({ line: tree.getLineAndCharacterOfPosition(at).line + 1, text, comment }))
}

/** Line comments below each other are one text. */
function joinLines(comments, source) {
  const sorted = comments.sort(([a], [b]) => a - b)
  const joined = []
  for (const [at, raw] of sorted) {
    const last = joined.at(-1)
    const follows =
      last &&
      raw.startsWith('//') &&
      last.line &&
      /^\s*$/.test(source.slice(last.end, at)) &&
      !/\n\s*\n/.test(source.slice(last.end, at))
    if (follows) Object.assign(last, { text: `${last.text} ${clean(raw)}`, end: at + raw.length })
    else joined.push({ at, text: clean(raw), end: at + raw.length, line: raw.startsWith('//'), comment: true })
  }
  return joined
}

function clean(comment) {
  return comment
    .replace(/^\/\*\*?|\*\/$|^\/\//g, '')
    .replace(/\n\s*\*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The lines of a Markdown file outside of its code blocks. */
function proseOf(source) {
  let fenced = false
  return source.split('\n').flatMap((text, index) => {
    if (/^\s*```/.test(text)) fenced = !fenced
    return fenced ? [] : [{ line: index + 1, text: text.replace(/`[^`]*`/g, '`…`'), comment: false }]
  })
}

function lineComments(source, pattern) {
  let before = false
  return source.split('\n').flatMap((line, index) => {
    const text = pattern.exec(line)?.[1]
    const isWhole = text !== undefined && /^\s*(#|--|\/\/)/.test(line)
    const opens = text !== undefined && !before
    before = isWhole
    return text === undefined ? [] : [{ line: index + 1, text, comment: opens }]
  })
}

function excerpt(text) {
  return text.length > 70 ? `${text.slice(0, 69)}…` : text
}
