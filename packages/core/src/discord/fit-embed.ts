import { codePoints } from './code-points.ts'
import { cutMarkdown } from './cut-markdown.ts'
import { INVISIBLE, LIMITS } from './limits.ts'
import type { Embed, EmbedField } from './message.ts'

/** Told what was changed, a sentence each. */
export type Note = (text: string) => void

/** Brings a text within a limit; '' for none. A lone half of a surrogate pair becomes the replacement character. */
export function fitText(text: string | undefined, max: number, name: string, note: Note): string {
  const clean = (text ?? '').toWellFormed().trim()
  const size = codePoints(clean)
  if (size <= max) return clean
  note(`the ${name} was cut from ${size} to ${max} characters`)
  return cutMarkdown(clean, max)
}

/** An embed as Discord takes it: texts cut, empty ones left out, what is no address or colour left out. */
export function fitEmbed(embed: Embed, note: Note): Embed {
  const title = fitText(embed.title, LIMITS.title, 'title', note)
  const description = fitText(embed.description, LIMITS.description, 'text', note)
  const author = fitText(embed.author?.name, LIMITS.author, 'author', note)
  const footer = fitText(embed.footer?.text, LIMITS.footer, 'footer', note)
  const fields = fitFields(embed.fields ?? [], note)
  const url = webAddress(embed.url, "the title's link", note)
  const image = webAddress(embed.image?.url, 'the image', note)
  const thumbnail = webAddress(embed.thumbnail?.url, 'the thumbnail', note)
  const authorUrl = webAddress(embed.author?.url, "the author's link", note)
  const authorIcon = webAddress(embed.author?.icon_url, "the author's picture", note)
  const color = fitColor(embed.color, note)
  const timestamp =
    embed.timestamp !== undefined && !Number.isNaN(Date.parse(embed.timestamp)) ? embed.timestamp : undefined
  return {
    ...(title ? { title } : {}),
    ...(description ? { description } : {}),
    ...(url && title ? { url } : {}),
    ...(color === undefined ? {} : { color }),
    ...(author
      ? {
          author: {
            name: author,
            ...(authorUrl ? { url: authorUrl } : {}),
            ...(authorIcon ? { icon_url: authorIcon } : {}),
          },
        }
      : {}),
    ...(fields.length > 0 ? { fields } : {}),
    ...(image ? { image: { url: image } } : {}),
    ...(thumbnail ? { thumbnail: { url: thumbnail } } : {}),
    ...(footer ? { footer: { text: footer } } : {}),
    ...(timestamp ? { timestamp } : {}),
  }
}

function fitColor(color: number | undefined, note: Note): number | undefined {
  if (color === undefined || (Number.isInteger(color) && color >= 0 && color <= LIMITS.color)) return color
  note('the colour is none and was left out')
  return undefined
}

/** Too many become one last field that names them; an empty name or value becomes an invisible one. */
function fitFields(fields: readonly EmbedField[], note: Note): EmbedField[] {
  const most = LIMITS.fields
  const kept = fields.length > most ? [...fields.slice(0, most - 1), leftOver(fields.slice(most - 1), note)] : fields
  return kept.map(field => ({
    name: fitText(field.name, LIMITS.fieldName, `name of the field "${shortened(field.name)}"`, note) || INVISIBLE,
    value: fitText(field.value, LIMITS.fieldValue, `field "${shortened(field.name)}"`, note) || INVISIBLE,
    inline: field.inline ?? false,
  }))
}

function leftOver(fields: readonly EmbedField[], note: Note): EmbedField {
  note(`only ${LIMITS.fields} fields fit; ${fields.length} are named in the last one without their values`)
  return { name: `and ${fields.length} more`, value: fields.map(({ name }) => name).join(', ') }
}

function shortened(name: string): string {
  return name.length > 40 ? `${cutMarkdown(name, 40)}` : name
}

/** http, https or a file of the message; anything else would have Discord refuse the whole message. */
export function webAddress(text: string | undefined, what: string, note: Note): string | undefined {
  const clean = text?.trim()
  if (!clean) return undefined
  const url = URL.parse(clean)
  if (url && /^(https?|attachment):$/.test(url.protocol) && codePoints(clean) <= LIMITS.url) return clean
  note(`${what} is not a web address (http or https) and was left out`)
  return undefined
}
