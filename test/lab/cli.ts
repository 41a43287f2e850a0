import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { docker, inspectContainer } from './docker.ts'
import { closeLab, type Lab, openLab, openLabs, removeImages } from './lab.ts'
import { labNames } from './names.ts'
import { progressTo, toStderr } from './progress.ts'
import type { ComposeChoice, ServerSpec } from './spec.ts'

const USAGE = `A lab of throwaway servers: real sshd, Docker and Compose, and a registry, on this machine's Docker engine.

  pnpm lab up      bring the lab up, or what is missing of it
  pnpm lab status  what is up, and on which ports
  pnpm lab shell [SERVER] [-- COMMAND]   a shell on a server (the first one)
  pnpm lab down    remove every container, volume, network and file of the lab

  --name NAME          which lab (default: lab)
  --server NAME[=COMPOSE]  a server to bring up, as often as wanted (default: vps1);
                       COMPOSE is debian, latest, old, python or none
  --proxy              with an HTTP proxy
  --no-registry        without the registry
  --user USER          of the shell (default: deploy)
  --all                down: every lab of this checkout, and the images that labs are made of`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: 'string', default: 'lab' },
    server: { type: 'string', multiple: true },
    proxy: { type: 'boolean', default: false },
    'no-registry': { type: 'boolean', default: false },
    user: { type: 'string', default: 'deploy' },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const progress = progressTo(toStderr)
const [action, ...rest] = positionals

async function main(): Promise<number> {
  if (values.help || action === undefined) return say(USAGE)
  if (action === 'up') return up()
  if (action === 'down') return down()
  if (action === 'status') return status()
  if (action === 'shell') return shell(rest)
  toStderr(`Unknown: ${action}\n\n${USAGE}`)
  return 2
}

async function up(): Promise<number> {
  const servers = (values.server ?? ['vps1']).map(parseServer)
  const lab = await openLab(
    { name: values.name, servers, registry: !values['no-registry'], proxy: values.proxy },
    progress,
  )
  return say(describe(lab))
}

function parseServer(text: string): ServerSpec {
  const [name = '', compose = 'debian'] = text.split('=')
  const choices: readonly string[] = ['debian', 'latest', 'old', 'python', 'none'] satisfies ComposeChoice[]
  if (!choices.includes(compose)) throw new Error(`--server ${text}: Compose is one of ${choices.join(', ')}.`)
  return { name, compose: compose as ComposeChoice }
}

function describe(lab: Lab): string {
  const lines = lab.servers.map(server => {
    const ssh = `ssh -i ${server.privateKeyPath} -o UserKnownHostsFile=${lab.folder}/known_hosts -p ${server.port} deploy@127.0.0.1`
    return `${server.name}\n  ${ssh}\n  http://127.0.0.1:${server.ports[80]} is its port 80\n  host key ${server.fingerprint}`
  })
  if (!values['no-registry']) {
    const { address, pushAddress, username } = lab.registry
    lines.push(
      `registry\n  ${address} for the servers, ${pushAddress} for pushing\n  user ${username}, password in ${lab.folder}/password`,
    )
  }
  if (values.proxy) lines.push(`proxy\n  ${lab.proxy.url}, ${lab.proxy.address} for the servers`)
  return [...lines, `A shell: pnpm lab shell ${lab.servers[0]?.name ?? ''}`].join('\n')
}

async function down(): Promise<number> {
  const labs = values.all ? await openLabs() : [values.name]
  for (const lab of labs) await progress.step(`remove the lab ${lab}`, () => closeLab(lab))
  if (values.all) {
    const { removed, kept } = await progress.step('remove the images', removeImages)
    progress.note(
      `${removed} images removed${kept > 0 ? `, ${kept} stay: a lab of another checkout runs on them` : ''}`,
    )
  }
  return 0
}

async function status(): Promise<number> {
  const labs = await openLabs()
  if (labs.length === 0) return say('No lab is up. Bring one up: pnpm lab up')
  for (const name of labs) {
    say(name)
    for (const [machine, state, ports] of await machinesOf(name))
      say(`  ${machine?.padEnd(12)} ${state?.padEnd(24)} ${ports}`)
  }
  return 0
}

async function machinesOf(lab: string): Promise<string[][]> {
  const names = labNames(lab)
  const format = '{{.Names}}\t{{.Status}}\t{{.Ports}}'
  const output = await docker(['ps', '--all', '--filter', `label=${names.label}`, '--format', format])
  return output
    .split('\n')
    .map(line => line.replace(names.container(''), '').split('\t'))
    .sort(([a = ''], [b = '']) => a.localeCompare(b))
}

async function firstServer(lab: string): Promise<string> {
  const names = (await machinesOf(lab)).map(([name = '']) => name)
  return names.find(name => !['', 'builder', 'proxy', 'registry'].includes(name)) ?? 'vps1'
}

/** A shell past sshd: it also works when the network or sshd of the server does not. */
async function shell([named, ...given]: readonly string[]): Promise<number> {
  const server = named ?? (await firstServer(values.name))
  const container = labNames(values.name).container(server)
  if ((await inspectContainer(container)) === undefined) {
    toStderr(`There is no ${server} in the lab ${values.name}. Bring it up: pnpm lab up --server ${server}`)
    return 1
  }
  const terminal = process.stdin.isTTY ? ['--tty'] : []
  const commandLine = given.length === 0 ? ['bash', '--login'] : given
  const args = [
    'exec',
    '--interactive',
    ...terminal,
    '--user',
    values.user,
    '--workdir',
    '/opt',
    container,
    ...commandLine,
  ]
  const child = spawn('docker', args, { stdio: 'inherit' })
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return exitCode ?? 1
}

function say(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  toStderr(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
