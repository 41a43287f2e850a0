import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import { checkName } from './name.ts'
import { textOf } from './read-option.ts'
import type { Operand, RemoteCheck, RemoteCheckKind } from './rule.ts'

interface OperandShape {
  /** `name`: only the name of a rule, since it is secret. `either`: a name, or the thing itself. */
  readonly takes: 'name' | 'either'
  readonly required: boolean
  readonly description: string
}

const name = (description: string): OperandShape => ({ takes: 'name', required: true, description })
const optionalName = (description: string): OperandShape => ({ takes: 'name', required: false, description })
const either = (description: string): OperandShape => ({ takes: 'either', required: true, description })
const optional = (description: string): OperandShape => ({ takes: 'either', required: false, description })

const SSH_TARGET = { host: either('the server'), port: optional('its SSH port (22)') }
const HOST_KEY = {
  'known-hosts': optionalName('the name of the known_hosts lines'),
  fingerprint: optional("the host key's fingerprint, SHA256:…"),
}

/** What a check needs to know. A word that is the name of a rule stands for its value. */
export const CHECKS: Readonly<Record<RemoteCheckKind, Readonly<Record<string, OperandShape>>>> = {
  'registry-login': {
    registry: optional('the registry (docker.io)'),
    username: either('the user'),
    password: name('the name of the password or token'),
    repository: optional('a repository that the user must have permissions for, such as acme/app'),
    access: optional('those permissions: pull, or pull,push (pull)'),
    'realm-host': optional('the host that logins go to, where it is another one'),
  },
  'ssh-reachable': SSH_TARGET,
  'ssh-host-key': { ...SSH_TARGET, ...HOST_KEY },
  'ssh-login': {
    ...SSH_TARGET,
    ...HOST_KEY,
    user: either('the user'),
    key: name('the name of the private key'),
    passphrase: optionalName('the name of its passphrase'),
  },
  webhook: { url: name('the name of a Discord webhook URL; it is read, and nothing is posted') },
  'github-token': { token: name('the name of the token') },
  http: {
    url: either('an address that the token may read'),
    token: name('the name of the token'),
    header: optional('the header that carries it (Authorization: Bearer)'),
    'expect-status': optional('the status of a good token (200)'),
  },
}

export const CHECK_KINDS = Object.keys(CHECKS) as RemoteCheckKind[]

/** A list of checks, each a map of one kind to what it needs. */
export function readChecks(tree: Tree, declared: ReadonlySet<string>, mistakes: Mistakes): RemoteCheck[] {
  if (tree.kind !== 'list') {
    mistakes.add(tree.at, 'write a list, as `- registry-login: {username: NAME, password: NAME}`')
    return []
  }
  return tree.items.map(item => readCheck(item, declared, mistakes)).filter(check => check !== undefined)
}

function readCheck(tree: Tree, declared: ReadonlySet<string>, mistakes: Mistakes): RemoteCheck | undefined {
  const entry = tree.kind === 'map' && tree.entries.length === 1 ? tree.entries[0] : undefined
  if (entry === undefined || entry.value.kind !== 'map') {
    mistakes.add(
      tree.at,
      `write one kind and what it needs, as \`ssh-reachable: {host: NAME}\`; the kinds are ${CHECK_KINDS.join(', ')}`,
    )
    return undefined
  }
  const kind = CHECK_KINDS.find(known => known === entry.key)
  if (kind === undefined) {
    mistakes.unknown(entry.at, 'check', entry.key, CHECK_KINDS)
    return undefined
  }
  const shapes = CHECKS[kind]
  const operands: Record<string, Operand> = {}
  for (const { key, at, value } of entry.value.entries) {
    const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined
    if (shape === undefined) mistakes.unknown(at, 'key', key, Object.keys(shapes))
    else {
      const operand = readOperand(value, shape, declared, mistakes)
      if (operand !== undefined) operands[key] = operand
    }
  }
  const given = new Set(entry.value.entries.map(({ key }) => key))
  const lacking = Object.keys(shapes).filter(key => shapes[key]?.required && !given.has(key))
  if (lacking.length > 0)
    mistakes.add(entry.at, `${kind} needs ${lacking.map(key => `\`${key}\` (${shapes[key]?.description})`).join(', ')}`)
  if (requiresHostKey(kind) && !given.has('known-hosts') && !given.has('fingerprint')) {
    mistakes.add(entry.at, `${kind} needs \`known-hosts\` or \`fingerprint\`: an arbitrary host key verifies nothing`)
  }
  return { kind, operands, at: entry.at }
}

function requiresHostKey(kind: RemoteCheckKind): boolean {
  return kind === 'ssh-login' || kind === 'ssh-host-key'
}

function readOperand(
  tree: Tree,
  shape: OperandShape,
  declared: ReadonlySet<string>,
  mistakes: Mistakes,
): Operand | undefined {
  const text = tree.kind === 'list' ? tree.items.map(textOf).join(',') : textOf(tree)
  if (text === undefined || text === '') {
    mistakes.add(tree.at, 'write a name of these rules, or a text')
    return undefined
  }
  if (declared.has(text)) return { name: text }
  if (shape.takes === 'either') return { literal: text }
  if (checkName(text, tree.at, mistakes)) mistakes.unknown(tree.at, 'name', text, [...declared])
  return undefined
}
