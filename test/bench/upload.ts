// Sending files: ours beside `tar | ssh tar x` by OpenSSH's own client, in turn, to one server of the lab.
// pnpm bench upload [ROUNDS]
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { collectFiles } from '@deploy-actions/core/host/files'
import { formatChecksums } from '@deploy-actions/core/host/manifest'
import { packTar, unpackCommand } from '@deploy-actions/core/host/tar'
import { login } from '../lab/host/login.ts'
import { openLab } from '../lab/lab.ts'
import type { LabServer } from '../lab/server.ts'
import { median } from './measure/median.ts'

/** At most so many times what OpenSSH takes. */
const TARGET = 2
const TIMEOUT = 120_000
const DESTINATION = '/opt/upload'

interface Tree {
  readonly name: string
  readonly folder: string
}

async function makeTrees(root: string): Promise<Tree[]> {
  const file = { name: 'one file of 100 MB', folder: path.join(root, 'file') }
  await mkdir(file.folder)
  await writeFile(path.join(file.folder, 'file'), randomBytes(100 * 1024 * 1024))
  const tree = { name: '3,000 files of 4 kB', folder: path.join(root, 'tree') }
  for (let folder = 0; folder < 30; folder++) {
    await mkdir(path.join(tree.folder, `folder-${folder}`), { recursive: true })
    for (let index = 0; index < 100; index++) {
      await writeFile(path.join(tree.folder, `folder-${folder}`, `file-${index}`), randomBytes(4096))
    }
  }
  return [file, tree]
}

/** From nothing to files on the server: connect, find and hash, pack, send. */
async function ours(
  server: LabServer,
  { folder }: Tree,
): Promise<{ whole: number; sending: number; manifest: string }> {
  const start = performance.now()
  await using host = await login(server)
  const manifest = await collectFiles(folder, ['.'])
  const sending = performance.now()
  const sent = await host.run({ argv: unpackCommand(DESTINATION), stdin: packTar(folder, manifest), timeout: TIMEOUT })
  const end = performance.now()
  if (sent.exitCode !== 0) throw new Error(sent.stderr)
  return { whole: end - start, sending: end - sending, manifest: formatChecksums(manifest) }
}

async function openSsh(server: LabServer, { folder }: Tree, knownHosts: string): Promise<number> {
  const options = ['-F', 'none', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes']
  const login = ['-i', server.privateKeyPath, '-p', String(server.port), `${server.user}@${server.host}`]
  const start = performance.now()
  const tar = spawn('tar', ['-C', folder, '-c', '-f', '-', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ssh = spawn('ssh', [...options, ...login, `tar -x -f - -C ${DESTINATION}`], {
    stdio: [tar.stdout, 'inherit', 'inherit'],
  })
  // The pipe is theirs alone: this process must not read along.
  tar.stdout.destroy()
  const status = await new Promise<number | null>((resolve, reject) => ssh.once('error', reject).once('close', resolve))
  if (status !== 0) throw new Error(`ssh ended with status ${status}`)
  return performance.now() - start
}

async function empty(server: LabServer): Promise<void> {
  await server.exec(`rm -rf ${DESTINATION} && install -d -o deploy ${DESTINATION}`)
}

async function check(server: LabServer, manifest: string): Promise<void> {
  await server.exec(`cd ${DESTINATION} && sha256sum -c --quiet --strict -`, { input: manifest })
}

async function compare(server: LabServer, tree: Tree, knownHosts: string, rounds: number): Promise<number> {
  const times = { whole: [] as number[], sending: [] as number[], theirs: [] as number[] }
  // In turn, so that what else the machine does falls on both; the first round warms the caches.
  for (let round = 0; round <= rounds; round++) {
    await empty(server)
    const theirs = await openSsh(server, tree, knownHosts)
    await empty(server)
    const { whole, sending, manifest } = await ours(server, tree)
    await check(server, manifest)
    if (round === 0) continue
    times.whole.push(whole)
    times.sending.push(sending)
    times.theirs.push(theirs)
  }
  const [whole, sending, theirs] = [median(times.whole), median(times.sending), median(times.theirs)]
  const ratio = whole / theirs
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`
  console.log(
    `${tree.name.padEnd(20)} ours ${seconds(whole)} (of it sending ${seconds(sending)}), tar | ssh ${seconds(theirs)}: ` +
      `${ratio.toFixed(2)} times as long, ${ratio <= TARGET ? 'within' : 'OVER'} ${TARGET}`,
  )
  return ratio
}

const rounds = Number(process.argv[2] ?? 5)
const root = await mkdtemp(path.join(tmpdir(), 'bench-upload-'))
await using lab = await openLab({ name: 'bench', servers: [{ name: 'door', docker: false, projectDiskMb: 300 }] })
try {
  const server = lab.server()
  const knownHosts = path.join(root, 'known_hosts')
  await writeFile(knownHosts, `${server.hostKeys.join('\n')}\n`)
  console.log(
    `Upload, node ${process.versions.node}, median of ${rounds} rounds; ours also connects, hashes and counts`,
  )
  const ratios: number[] = []
  for (const tree of await makeTrees(root)) ratios.push(await compare(server, tree, knownHosts, rounds))
  if (Math.max(...ratios) > TARGET) process.exitCode = 1
} finally {
  await rm(root, { recursive: true })
}
