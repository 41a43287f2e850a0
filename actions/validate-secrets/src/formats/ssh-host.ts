import { parseHostAddress } from '@deploy-actions/core/values/host-address'
import { type Flaw, flaw } from '../problem.ts'
import type { Options } from '../rules/vocabulary.ts'
import type { FormatCheck } from './format.ts'
import { hostFits, isLocal, localFlaw } from './host.ts'

/** Servers as a deploy names them: `[user@]host[:port]`, one per line, or `local`. */
export const checkSshHost: FormatCheck = (value, options) => {
  const lines = value.split(/\r?\n/)
  return lines.flatMap((line, index) =>
    line.trim() === '' ? [] : inLine(hostFlaw(line.trim(), options), lines.length === 1 ? undefined : index + 1),
  )
}

function inLine(found: Flaw | undefined, line: number | undefined): Flaw[] {
  if (found === undefined) return []
  return [line === undefined ? found : { ...found, text: `is wrong in line ${line}, which ${found.text}` }]
}

/** The reader's own message quotes the text, so it is dropped. */
function hostFlaw(text: string, options: Options): Flaw | undefined {
  try {
    const address = parseHostAddress(text)
    const isOwn = address.kind === 'local' || isLocal(address.host)
    if (options['forbid-local'] && isOwn) return localFlaw()
    if (options.hosts && !(address.kind === 'ssh' && hostFits(address.host, options.hosts)))
      return flaw('forbidden', `is not at ${options.hosts.join(' or ')}`)
    return undefined
  } catch {
    return flaw(
      'format',
      'is not a server',
      'Write [user@]host[:port], one per line, such as deploy@shop.example.org:2222; IPv6 in brackets.',
    )
  }
}
