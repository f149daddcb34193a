import { join } from 'node:path'
import ts from 'typescript'
import type { KubernetesObject } from './rendered'

const MODULES: Readonly<Record<string, string>> = {
  v1: 'kubernetes-types/core/v1',
  'apps/v1': 'kubernetes-types/apps/v1',
  'batch/v1': 'kubernetes-types/batch/v1',
  'policy/v1': 'kubernetes-types/policy/v1',
  'networking.k8s.io/v1': 'kubernetes-types/networking/v1',
  'autoscaling/v2': 'kubernetes-types/autoscaling/v2',
}
const OURS = './custom-resources'
// This file is not on disk; its path is where its imports resolve.
const FILE = join(__dirname, 'rendered-objects.ts')

/**
 * The compiler's errors for each object, written as a literal of its Kubernetes type: unknown fields, missing fields and wrong
 * types.
 */
export function typeProblems(objects: readonly KubernetesObject[]): string[] {
  const lines = objects.map(({ apiVersion, kind, ...rest }, at) => {
    const literal = JSON.stringify({ apiVersion, kind, ...rest })
    return `export const object${at}: import('${MODULES[apiVersion] ?? OURS}').${kind} = ${literal}`
  })
  const source = ts.createSourceFile(FILE, lines.join('\n'), ts.ScriptTarget.ES2024)
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    target: ts.ScriptTarget.ES2024,
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...rest) => (name === FILE ? source : getSourceFile(name, ...rest))
  const program = ts.createProgram([FILE], options, host)
  return ts.getPreEmitDiagnostics(program, source).map((diagnostic) => {
    const { line } = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0)
    const { kind, metadata } = objects[line] ?? { kind: '?', metadata: { name: '?' } }
    return `${kind}/${metadata.name}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`
  })
}
