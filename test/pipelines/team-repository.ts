import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkout } from '../lab/names.ts'
import { command } from '../lab/shell.ts'

const WORKFLOW = '.github/workflows/deploy.yml'

/** The repository of a team that has copied an example, with the workflow where GitHub looks for it. */
export class TeamRepository implements AsyncDisposable {
  readonly folder: string
  /** Its name on GitHub, `OWNER/NAME`. */
  readonly fullName: string
  readonly workflow = WORKFLOW

  private constructor(folder: string, fullName: string) {
    this.folder = folder
    this.fullName = fullName
  }

  static async create(example: string, fullName: string): Promise<TeamRepository> {
    const source = join(checkout, 'examples', example)
    const repository = new TeamRepository(await mkdtemp(join(tmpdir(), `${example}-`)), fullName)
    const { folder } = repository
    await cp(source, folder, { recursive: true, filter: path => !path.startsWith(join(source, 'node_modules')) })
    await mkdir(dirname(join(folder, WORKFLOW)), { recursive: true })
    await cp(join(source, 'deploy.yml'), join(folder, WORKFLOW))
    await repository.#git('init', '--quiet', '--initial-branch', 'main')
    await repository.#git('remote', 'add', 'origin', `https://github.com/${fullName}.git`)
    return repository
  }

  /** Commits all there is, after a change of one file; gives the commit. A text that the change leaves as it is, is an error. */
  async commit(message: string, file = 'CHANGES', change = (text: string) => `${text}${message}\n`): Promise<string> {
    const path = join(this.folder, file)
    const before = await readFile(path, 'utf8').catch(() => '')
    const after = change(before)
    if (after === before) throw new Error(`${message}: nothing changes in ${file}`)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, after)
    await this.#git('add', '--all')
    await this.#git('commit', '--quiet', '--no-gpg-sign', '--message', message)
    return this.head()
  }

  /** What `git revert` of the newest commit makes: a commit of its own. */
  async revert(): Promise<string> {
    await this.#git('revert', '--no-edit', '--no-gpg-sign', 'HEAD')
    return this.head()
  }

  async undoCommit(): Promise<void> {
    await this.#git('reset', '--quiet', '--hard', 'HEAD~1')
  }

  head(): Promise<string> {
    return this.#git('rev-parse', 'HEAD')
  }

  #git(...args: string[]): Promise<string> {
    const who = ['-c', 'user.name=The team', '-c', 'user.email=team@example.org']
    return command('git', [...who, ...args], { cwd: this.folder })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
