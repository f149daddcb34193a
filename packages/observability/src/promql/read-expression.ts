import { parser } from '@prometheus-io/lezer-promql'

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

export interface Selector {
  readonly metric: string
  /** Labels that its matchers name. */
  readonly labels: readonly string[]
}

export interface Expression {
  readonly selectors: readonly Selector[]
  /** Labels of by, without, on, ignoring and group_left. */
  readonly groupingLabels: readonly string[]
  /** Texts in quotes, wherever they stand: label_replace and count_values make labels of them. */
  readonly texts: readonly string[]
}

/** Reads a PromQL expression; throws where it is not one. Grafana's duration variables are read as 5m. */
export function readExpression(expression: string): Expression {
  const text = expression.replace(/\$__(rate_)?(interval|range)\b/g, '5m')
  const read = { selectors: [] as Selector[], groupingLabels: [] as string[], texts: [] as string[] }
  parser.parse(text).iterate({
    enter({ node }) {
      if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${text}`)
      if (node.name === 'VectorSelector') read.selectors.push(readSelector(node, text))
      if (node.name === 'StringLiteral') read.texts.push(text.slice(node.from + 1, node.to - 1))
      if (node.name === 'LabelName' && node.parent?.name === 'GroupingLabels') {
        read.groupingLabels.push(text.slice(node.from, node.to))
      }
    },
  })
  return read
}

function readSelector(node: SyntaxNode, text: string): Selector {
  const name = node.getChild('Identifier')
  if (name === null) throw new Error(`a selector without a metric: ${text}`)
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
  const labels = matchers.flatMap((matcher) => matcher.getChildren('LabelName'))
  return { metric: text.slice(name.from, name.to), labels: labels.map(({ from, to }) => text.slice(from, to)) }
}
