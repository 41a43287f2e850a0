import path from 'node:path'
import ts from 'typescript'

export interface ModuleImport {
  readonly specifier: string
  /** Only types, of which nothing is left at run time. */
  readonly isTypeOnly: boolean
}

/** All that a module imports and re-exports, lazily too. */
export function importsOf(source: string, file = 'module.ts'): ModuleImport[] {
  const imports: ModuleImport[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      imports.push({ specifier: node.moduleSpecifier.text, isTypeOnly: isTypeOnlyClause(node.importClause) })
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      imports.push({ specifier: node.moduleSpecifier.text, isTypeOnly: node.isTypeOnly })
    } else if (ts.isCallExpression(node) && isImportCall(node)) {
      const [argument] = node.arguments
      if (argument && ts.isStringLiteralLike(argument)) imports.push({ specifier: argument.text, isTypeOnly: false })
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest))
  return imports
}

/** Whether a module asks the time by itself: `Date.now()` or `new Date()`. */
export function asksTheTime(source: string): boolean {
  let asks = false
  const visit = (node: ts.Node): void => {
    const isNow = ts.isPropertyAccessExpression(node) && node.getText(file) === 'Date.now'
    const isNew = ts.isNewExpression(node) && node.getText(file) === 'new Date()'
    asks ||= isNow || isNew
    ts.forEachChild(node, visit)
  }
  const file = ts.createSourceFile('module.ts', source, ts.ScriptTarget.Latest)
  visit(file)
  return asks
}

/** The package of an import: `@scope/name` or `name`; undefined for relative imports and for node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The file that an import names, as a path from the top of the repository; undefined for what is not of this repository. */
export function fileOf(specifier: string, importer: string): string | undefined {
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(importer), specifier)
  const [, name, rest] = /^@deploy-actions\/([^/]+)\/(.+)$/.exec(specifier) ?? []
  return name === undefined ? undefined : `packages/${name}/src/${rest}.ts`
}

function isTypeOnlyClause(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = clause.namedBindings
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every(e => e.isTypeOnly)
  )
}

function isImportCall(node: ts.CallExpression): boolean {
  const { expression } = node
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  )
}
