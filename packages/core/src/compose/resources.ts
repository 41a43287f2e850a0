import { listOf, objectOf, type PlainObject, textOf, textsOf } from './plain-data.ts'

/** A network or volume of a project: as the compose file wants it, or as the engine has it. */
export interface Resource {
  readonly kind: 'network' | 'volume'
  /** As the engine names it. */
  readonly name: string
  /** May hold passwords, such as those of a network share: never to be logged. */
  readonly settings: ReadonlyMap<string, string>
}

export interface PresentResource extends Resource {
  /** Whether Compose recreates it when its definition changes: then it has a hash of that, which earlier versions do not write. */
  readonly isRecreated: boolean
}

export interface ResourceDifference extends Pick<PresentResource, 'kind' | 'name' | 'isRecreated'> {
  /** Names of settings. */
  readonly settings: readonly string[]
}

/** The networks and volumes of a configuration that Compose makes; `config` is the whole of it. */
export function readResources(config: PlainObject): Resource[] {
  const definitions = (key: string) =>
    Object.values(objectOf(config[key]))
      .map(objectOf)
      .filter(definition => definition['external'] !== true)
  return [
    ...definitions('networks').map(wantedNetwork),
    ...definitions('volumes').map(({ name, driver, driver_opts: options }) =>
      volume(name, driver, wantedTexts(options)),
    ),
  ]
}

/** Reads what `docker network inspect` or `docker volume inspect` prints, one JSON object per line. */
export function parsePresentResources(kind: Resource['kind'], printed: string): PresentResource[] {
  return printed
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => {
      const found = objectOf(JSON.parse(line))
      const { Name: name, Driver: driver, Options: options } = found
      const resource = kind === 'volume' ? volume(name, driver, textsOf(options)) : presentNetwork(found)
      const isRecreated = kind === 'network' && 'com.docker.compose.config-hash' in textsOf(found['Labels'])
      return { ...resource, isRecreated }
    })
}

/**
 * What the compose file sets otherwise than it is. Of a network, what the engine chose itself is left alone; so is a path in the
 * directory that the configuration was read in, which is not the one that Compose starts the project from.
 */
export function resourceDifferences(
  wanted: readonly Resource[],
  present: readonly PresentResource[],
  directory: string,
): ResourceDifference[] {
  const isComparableText = (text = '') => !`${text}/`.includes(`${directory}/`)
  return wanted.flatMap(({ kind, name, settings }) => {
    const found = present.find(each => each.kind === kind && each.name === name)
    if (found === undefined) return []
    const names = [...settings.keys(), ...(kind === 'volume' ? found.settings.keys() : [])]
    const different = [...new Set(names)].filter(
      key => isComparableText(settings.get(key)) && settings.get(key) !== found.settings.get(key),
    )
    return different.length === 0 ? [] : [{ kind, name, isRecreated: found.isRecreated, settings: different }]
  })
}

/** Whether a network has settings that need a comparison: most have none. */
export function isComparable({ kind, settings }: Resource): boolean {
  return kind === 'volume' || settings.size > 1 || settings.get('internal') === 'true'
}

function volume(name: unknown, driver: unknown, options: Readonly<Record<string, string>>): Resource {
  // The engine adds the tag of a plugin that is named without one.
  const plugin = (textOf(driver) ?? 'local').replace(/:latest$/, '')
  const settings = new Map([['driver', plugin], ...optionSettings(options)])
  return { kind: 'volume', name: textOf(name) ?? '', settings }
}

function wantedNetwork(network: PlainObject): Resource {
  const driver = textOf(network['driver'])
  const switches = ['attachable', 'enable_ipv6'].filter(key => typeof network[key] === 'boolean')
  const settings = new Map([
    ...(driver === undefined || driver === 'default' ? [] : [['driver', driver] as const]),
    ['internal', String(network['internal'] === true)] as const,
    ...switches.map(key => [key, String(network[key])] as const),
    ...optionSettings(wantedTexts(network['driver_opts'])),
    ...addressSettings(objectOf(network['ipam'])['config'], ['subnet', 'gateway', 'ip_range']),
  ])
  return { kind: 'network', name: textOf(network['name']) ?? '', settings }
}

function presentNetwork(network: PlainObject): Resource {
  const settings = new Map([
    ['driver', textOf(network['Driver']) ?? ''],
    ['internal', String(network['Internal'] === true)],
    ['attachable', String(network['Attachable'] === true)],
    ['enable_ipv6', String(network['EnableIPv6'] === true)],
    ...optionSettings(textsOf(network['Options'])),
    ...addressSettings(objectOf(network['IPAM'])['Config'], ['Subnet', 'Gateway', 'IPRange']),
  ])
  return { kind: 'network', name: textOf(network['Name']) ?? '', settings }
}

/** `config` doubles every dollar sign. */
function wantedTexts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(textsOf(value)).map(([key, text]) => [key, text.replaceAll('$$', '$')]))
}

function optionSettings(options: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(options).map(([key, value]) => [`driver_opts.${key}`, value])
}

/** Each address range by itself, as the engine may add one of its own. */
function addressSettings(config: unknown, keys: readonly [string, string, string]): [string, string][] {
  return listOf(config)
    .map(objectOf)
    .flatMap(range => {
      const [subnet, gateway, part] = keys.map(key => canonical(textOf(range[key]) ?? ''))
      if (!subnet) return []
      return [
        [`subnet ${subnet}`, 'yes'] as [string, string],
        ...(gateway ? [[`gateway of ${subnet}`, gateway] as [string, string]] : []),
        ...(part ? [[`ip_range of ${subnet}`, part] as [string, string]] : []),
      ]
    })
}

/** IPv6 addresses have several spellings. */
function canonical(address: string): string {
  const [, ip, prefix = ''] = /^([0-9a-f:.]*:[0-9a-f:.]*)(\/\d+)?$/i.exec(address) ?? []
  const host = ip === undefined ? undefined : URL.parse(`http://[${ip}]`)?.hostname.slice(1, -1)
  return host === undefined ? address : `${host}${prefix}`
}
