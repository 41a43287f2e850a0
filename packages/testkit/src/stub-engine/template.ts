import { CallFailed, NotImitated } from './store.ts'

/** Go's text/template as far as `--format` needs it: fields, methods, pipes, `if`, `with`, `range`, variables, a few functions. */
export function render(template: string, data: unknown): string {
  const parser = new Parser(template)
  return run(parser.parse(), { dot: data, root: data, variables: {} })
}

interface Scope {
  readonly dot: unknown
  readonly root: unknown
  readonly variables: Readonly<Record<string, unknown>>
}

type Evaluate = (scope: Scope) => unknown
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Evaluate }
  | ({ readonly kind: 'if' | 'with' | 'range'; readonly value: Evaluate; readonly names: readonly string[] } & Branches)

interface Branches {
  readonly body: readonly Node[]
  readonly otherwise: readonly Node[]
}

function run(nodes: readonly Node[], scope: Scope): string {
  return nodes.map(node => runOne(node, scope)).join('')
}

function runOne(node: Node, scope: Scope): string {
  if (node.kind === 'text') return node.text
  const value = node.value(scope)
  if (node.kind === 'print') return print(value)
  if (node.kind === 'range') return runRange(node, value, scope)
  if (!isTrue(value)) return run(node.otherwise, scope)
  return run(node.body, node.kind === 'if' ? scope : { ...scope, dot: value })
}

function runRange(node: Branches & { readonly names: readonly string[] }, value: unknown, scope: Scope): string {
  const entries: [unknown, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries((value ?? {}) as object).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0) return run(node.otherwise, scope)
  const [first, second] = node.names
  return entries
    .map(([key, item]) => {
      const variables = { ...scope.variables }
      if (second !== undefined) Object.assign(variables, { [`${first}`]: key, [second]: item })
      else if (first !== undefined) variables[first] = item
      return run(node.body, { ...scope, dot: item, variables })
    })
    .join('')
}

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

function print(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `map[${entries.map(([key, item]) => `${key}:${print(item)}`).join(' ')}]`
  }
  return String(value)
}

const functions: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
  json: value => JSON.stringify(value ?? null),
  index: (value, ...keys) =>
    keys.reduce((held, key) => (held as Record<string, unknown> | null)?.[String(key)] ?? '', value),
  len: value =>
    Array.isArray(value) || typeof value === 'string' ? value.length : Object.keys(value as object).length,
  join: (list, separator) => (list as readonly string[]).join(String(separator)),
  lower: text => String(text).toLowerCase(),
  upper: text => String(text).toUpperCase(),
  println: (...values) => `${values.map(print).join(' ')}\n`,
  eq: (value, ...others) => others.includes(value),
  ne: (a, b) => a !== b,
  not: value => !isTrue(value),
  and: (...values) => values.find(value => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
}

/** A chain of fields is one token: `.A .B` are two values, `.A.B` is one. */
const tokenPattern =
  /\s*("(?:[^"\\]|\\.)*"|`[^`]*`|-?\d+|[A-Za-z_]\w*|(?:\$\w*|\)|(?=\.))(?:\.[A-Za-z_]\w*)+|\$\w*|\.|:=|[(),|])/y

class Parser {
  readonly #pieces: readonly string[]
  #piece = 0
  #tokens: string[] = []

  constructor(template: string) {
    // Text and actions in turn: the odd pieces are actions.
    this.#pieces = template.split(/\{\{((?:"(?:[^"\\]|\\.)*"|[^"}]|\}(?!\}))*)\}\}/)
  }

  parse(): readonly Node[] {
    const { nodes, end } = this.#block()
    if (end !== undefined) throw new CallFailed(`template parsing error: unexpected {{${end}}}`, 64)
    return nodes
  }

  /** Reads up to the `end` or `else` of the block, or to the end. */
  #block(): { nodes: Node[]; end: string | undefined } {
    const nodes: Node[] = []
    while (this.#piece < this.#pieces.length) {
      const index = this.#piece++
      const piece = this.#pieces[index] ?? ''
      if (index % 2 === 0) {
        const trimmedStart = this.#pieces[index - 1]?.endsWith(' -') ? piece.trimStart() : piece
        const text = this.#pieces[index + 1]?.startsWith('- ') ? trimmedStart.trimEnd() : trimmedStart
        if (text !== '') nodes.push({ kind: 'text', text })
        continue
      }
      this.#tokens = tokensOf(piece.replace(/^- /, '').replace(/ -$/, ''))
      const [word] = this.#tokens
      if (word === 'end' || word === 'else') return { nodes, end: word }
      if (word === 'if' || word === 'with' || word === 'range') nodes.push(this.#branches(word))
      else nodes.push({ kind: 'print', value: this.#wholePipe() })
    }
    return { nodes, end: undefined }
  }

  #branches(kind: 'if' | 'with' | 'range'): Node {
    this.#tokens.shift()
    const names: string[] = []
    const assignment = this.#tokens.indexOf(':=')
    if (assignment !== -1) names.push(...this.#tokens.splice(0, assignment + 1).filter(token => /^\$\w/.test(token)))
    const value = this.#wholePipe()
    const body = this.#block()
    let otherwise: readonly Node[] = []
    if (body.end === 'else') {
      if (this.#tokens[1] === 'if' || this.#tokens[1] === 'with') {
        // `else if` ends with the outer `end`.
        this.#tokens.shift()
        return { kind, value, names, body: body.nodes, otherwise: [this.#branches(this.#tokens[0] as 'if' | 'with')] }
      }
      otherwise = this.#block().nodes
    }
    return { kind, value, names, body: body.nodes, otherwise }
  }

  #wholePipe(): Evaluate {
    const value = this.#pipe()
    if (this.#tokens.length > 0) throw new NotImitated(`"${this.#tokens.join(' ')}" in a template`)
    return value
  }

  #pipe(): Evaluate {
    let value = this.#command()
    while (this.#tokens[0] === '|') {
      this.#tokens.shift()
      value = this.#command(value)
    }
    return value
  }

  /** A value, or a function or a method with its arguments; a pipe gives it its last one. */
  #command(last?: Evaluate): Evaluate {
    const head = this.#tokens[0] ?? ''
    const named = functions[head]
    if (named !== undefined) this.#tokens.shift()
    const value = named === undefined ? this.#operand() : undefined
    const operands: Evaluate[] = []
    while (this.#tokens.length > 0 && !/^[|),]/.test(this.#tokens[0] ?? '')) operands.push(this.#operand())
    if (last !== undefined) operands.push(last)
    return scope => {
      const callee = named ?? value?.(scope)
      if (typeof callee === 'function') return callee(...operands.map(operand => operand(scope)))
      if (operands.length > 0) throw new NotImitated(`arguments of "${head}" in a template`)
      return callee
    }
  }

  #operand(): Evaluate {
    const [start = '', ...names] = this.#splitShift()
    if (start !== '(') return fieldsOf(this.#base(start), names)
    const value = this.#pipe()
    const [, ...after] = this.#splitShift()
    return fieldsOf(value, after)
  }

  /** The next token: what it starts with, and its fields. */
  #splitShift(): string[] {
    const token = this.#tokens.shift() ?? ''
    return /^["`\d-]/.test(token) || token === '.' ? [token] : token.split('.')
  }

  #base(token: string): Evaluate {
    if (token === '.' || token === '') return scope => scope.dot
    if (token === '$') return scope => scope.root
    if (token.startsWith('$')) return scope => scope.variables[token]
    if (token.startsWith('"')) return () => JSON.parse(token)
    if (token.startsWith('`')) return () => token.slice(1, -1)
    if (/^-?\d/.test(token)) return () => Number(token)
    if (token === 'true' || token === 'false') return () => token === 'true'
    if (token === 'nil') return () => null
    throw new NotImitated(`"${token}" in a template`)
  }
}

function fieldsOf(value: Evaluate, names: readonly string[]): Evaluate {
  return scope => names.reduce(field, value(scope))
}

function tokensOf(action: string): string[] {
  const tokens: string[] = []
  tokenPattern.lastIndex = 0
  let position = 0
  while (action.slice(position).trim() !== '') {
    tokenPattern.lastIndex = position
    const match = tokenPattern.exec(action)
    if (match === null) throw new CallFailed(`template parsing error: unexpected "${action.slice(position)}"`, 64)
    tokens.push(match[1] ?? '')
    position = tokenPattern.lastIndex
  }
  return tokens
}

function field(value: unknown, name: string): unknown {
  if (value === null || value === undefined) {
    throw new CallFailed(`template parsing error: template: :1: executing "" at <.${name}>: nil pointer evaluating`, 1)
  }
  if (typeof value !== 'object' || !(name in value)) throw new NotImitated(`the field .${name} in a template`)
  return (value as Record<string, unknown>)[name]
}
