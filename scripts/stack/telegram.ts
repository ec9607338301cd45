/** Where alerts are sent to: a bot's token from a file that git ignores, a chat from the environment. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Telegram } from '../../infra/alertmanager/files.ts'

/** A sentence where something is missing: alerts stay on the pages of Prometheus and Alertmanager then. */
export function readTelegram(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Telegram | string {
  const file = env['TELEGRAM_TOKEN_FILE'] || join(root, 'infra/alertmanager/token')
  const chatId = Number(env['TELEGRAM_CHAT_ID'] ?? '')
  if (!existsSync(file)) return 'no messages: there is no infra/alertmanager/token'
  if (!Number.isInteger(chatId) || chatId === 0) {
    return 'no messages: TELEGRAM_CHAT_ID is not the number of a chat'
  }
  // Not by file: Debian's Alertmanager is older than that setting.
  const token = { text: readFileSync(file, 'utf8').trim() }
  const apiUrl = env['TELEGRAM_API_URL']
  return { chatId, token, ...(apiUrl !== undefined && { apiUrl }) }
}
