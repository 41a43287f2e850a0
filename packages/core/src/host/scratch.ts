import type { Host } from './host.ts'

const START_TIMEOUT = 30_000

const scratchScript = `
folder=$(mktemp -d) || exit
trap 'rm -rf "$folder"' EXIT
trap 'exit 143' HUP INT TERM
echo "$folder"
cat >/dev/null
`

export interface Scratch extends AsyncDisposable {
  readonly folder: string
}

/** A private folder on a host that goes when it is disposed of, or with the connection. */
export async function openScratch(host: Host): Promise<Scratch> {
  const held = await host.hold({ argv: ['sh', '-c', scratchScript], timeout: START_TIMEOUT })
  const folder = await held.nextLine(START_TIMEOUT)
  if (folder === undefined) throw new Error(`no temporary folder: ${(await held.close()).stderr}`)
  return {
    folder,
    [Symbol.asyncDispose]: async () => {
      await held.close()
    },
  }
}
