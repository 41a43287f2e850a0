// Sending files: ours beside `tar | ssh tar x` by OpenSSH's own client, in turn, to one server of the lab.
// pnpm bench upload [ROUNDS]
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openLab } from '../lab/lab.ts'
import type { LabServer } from '../lab/server.ts'
import { median } from './measure/median.ts'
import { type OpenSsh, openSshTo, tarToSsh } from './measure/open-ssh.ts'
import { checkUpload, DESTINATION, emptyDestination, upload } from './measure/uploads.ts'

/** At most so many times what OpenSSH takes. */
const TARGET = 2

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

async function compare(server: LabServer, openSsh: OpenSsh, tree: Tree, rounds: number): Promise<number> {
  const times = { whole: [] as number[], sending: [] as number[], theirs: [] as number[] }
  // In turn, so that what else the machine does falls on both; the first round warms the caches.
  for (let round = 0; round <= rounds; round++) {
    await emptyDestination(server)
    const theirs = await tarToSsh(openSsh, `tar -x -f - -C ${DESTINATION}`, tree)
    await emptyDestination(server)
    const { whole, sending, checksums } = await upload(server, tree.folder)
    await checkUpload(server, checksums)
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
  const openSsh = await openSshTo(server, root)
  console.log(
    `Upload, node ${process.versions.node}, median of ${rounds} rounds; ours also connects, hashes and counts`,
  )
  const ratios: number[] = []
  for (const tree of await makeTrees(root)) ratios.push(await compare(server, openSsh, tree, rounds))
  if (Math.max(...ratios) > TARGET) process.exitCode = 1
} finally {
  await rm(root, { recursive: true })
}
