import type { DiscordClient, PostedMessage } from '@deploy-actions/core/discord/client'
import { DiscordError } from '@deploy-actions/core/discord/discord-error'
import { fitMessage } from '@deploy-actions/core/discord/fit-message'
import type { Attachment, Message, MessageEdit } from '@deploy-actions/core/discord/message'
import type { Log } from '@deploy-actions/core/runner/log'
import { asEdit } from './compose.ts'
import type { Order } from './order.ts'

export interface Delivered {
  readonly id: string
  readonly threadId: string | undefined
  readonly edited: boolean
  readonly message: MessageEdit
  readonly notes: readonly string[]
}

/** Edits the message that is meant, or posts a new one where there is none (any more). */
export async function deliver(client: DiscordClient, order: Order, log: Log): Promise<Delivered> {
  if (order.messageId !== undefined) {
    const edited = await edit(client, order, order.messageId, log).catch(thrown => {
      if (thrown instanceof DiscordError && thrown.problem === 'message-gone') return undefined
      throw thrown
    })
    if (edited) {
      if (order.ping) await ping(client, order.ping, order.threadId, log)
      return edited
    }
    log.notice(`The message ${order.messageId} is not there any more, so a new one is posted.`)
  }
  const { message, notes } = fitMessage(order.compose([]))
  const posted = await withoutFilesIfNeeded(order.files, log, files =>
    client.post({ message, files, threadId: order.threadId }),
  )
  return { id: posted.id, threadId: threadOf(posted, message, order), edited: false, message, notes }
}

async function edit(client: DiscordClient, order: Order, id: string, log: Log): Promise<Delivered> {
  const present = order.timeline ? (await client.read(id, order.threadId)).embeds : []
  const { message: fitted, notes } = fitMessage(order.compose(present))
  const message = asEdit(fitted)
  await withoutFilesIfNeeded(order.files, log, files => client.edit(id, { message, files, threadId: order.threadId }))
  return { id, threadId: order.threadId, edited: true, message, notes }
}

/** The message is there already: a ping that does not arrive must not make it look lost. */
async function ping(client: DiscordClient, message: Message, threadId: string | undefined, log: Log): Promise<void> {
  try {
    await client.post({ message, threadId })
  } catch (thrown) {
    if (!(thrown instanceof DiscordError)) throw thrown
    log.warning(`The message was edited, but nobody was pinged: ${thrown.message}`, thrown.title)
  }
}

/** A message without its files says more than none. */
async function withoutFilesIfNeeded(
  files: readonly Attachment[],
  log: Log,
  send: (files: readonly Attachment[]) => Promise<PostedMessage>,
): Promise<PostedMessage> {
  try {
    return await send(files)
  } catch (thrown) {
    if (!(thrown instanceof DiscordError) || thrown.problem !== 'too-large' || files.length === 0) throw thrown
    log.warning(`${thrown.message} The message goes out without them.`, 'Files were not attached')
    return send([])
  }
}

/** A new post in a forum is a thread, and its id is where the message is. */
function threadOf(posted: PostedMessage, message: Message, order: Order): string | undefined {
  return message.thread_name ? posted.channelId : order.threadId
}
