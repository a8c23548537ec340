import { api, got, type Schemas } from '@/shared/client'
import { h, sha256 } from '@/shared/dom'
import { once } from '@/shared/keeper'
import { card, refresh, state } from '@/shared/office'
import { explained } from '@/shared/problem'
import { DOCUMENTS, say, size, STATES, word } from '@/shared/say'

type Application = Schemas['Application']
type Kind = Schemas['Document']['kind']
const TYPES = ['application/pdf', 'image/png', 'image/jpeg'] as const
const BYTES_MAX = 20 << 20

/** A place for each document; what was sent already stands there. */
export function documents(application: Application, open: boolean): HTMLElement {
  const kinds: Kind[] = [...application.required_documents, ...(open ? (['other'] as Kind[]) : [])]
  const rest = application.documents.filter((each) => !kinds.includes(each.kind)).map((each) => each.kind)
  const rows = [...new Set([...kinds, ...rest])].map((kind) => h('li', {}, place(application, kind, open)))
  return card(
    say('申请材料', 'Documents'),
    open ? h('p', { class: 'quiet' }, say('PDF、PNG 或 JPEG，每份不超过 20 MB。校验值在本机计算，逐字节核对。', 'PDF, PNG or JPEG, at most 20 MB each. Its hash is computed here, and every byte is checked.')) : null,
    h('ul', { class: 'documents' }, rows),
  )
}

function place(application: Application, kind: Kind, open: boolean): HTMLElement {
  const sent = application.documents.filter((each) => each.kind === kind)
  const latest = sent.find((each) => each.counts) ?? sent[sent.length - 1]
  const must = application.required_documents.includes(kind)
  const name = h('strong', {}, word(DOCUMENTS, kind), must && open ? h('span', { class: 'must', 'aria-hidden': 'true' }, ' *') : null)
  const shown = latest ? h('span', {}, ' ', state(latest.counts ? 'arrived' : latest.status, word(STATES, latest.status)), h('span', { class: 'small quiet' }, ` ${latest.file_name} · ${size(latest.bytes)}`)) : null
  const wrong = latest?.reason ? h('p', { class: 'wrong' }, say(latest.reason_zh ?? latest.reason, latest.reason)) : null
  if (!open) return h('div', {}, name, shown, wrong)
  return drop(application.id, kind, [name, shown ?? h('span', { class: 'quiet small' }, say('点按选择文件，或拖放到这里', 'Choose a file, or drop it here')), wrong])
}

function drop(id: string, kind: Kind, shown: (Node | null)[]): HTMLElement {
  const news = h('span', { role: 'status' })
  const bar = h('progress', { max: 100, value: 0, hidden: true, 'aria-label': say('上传进度', 'Progress of the upload') })
  const input = h('input', { type: 'file', accept: TYPES.join(','), 'aria-label': `${say('上传', 'Upload')} ${word(DOCUMENTS, kind)}`, 'data-kind': kind })
  const zone = h('div', { class: 'drop' }, ...shown, bar, news, input)
  input.addEventListener('change', () => {
    const [file] = input.files ?? []
    if (file) void send(id, kind, file, bar, news)
  })
  for (const name of ['dragover', 'dragleave', 'drop']) zone.addEventListener(name, () => zone.classList.toggle('over', name === 'dragover'))
  return zone
}

async function send(id: string, kind: Kind, file: File, bar: HTMLProgressElement, news: HTMLElement): Promise<void> {
  const type = TYPES.find((each) => each === file.type)
  if (!type || !file.size || file.size > BYTES_MAX) {
    news.replaceChildren(h('span', { class: 'wrong' }, say('只能上传 20 MB 以内的 PDF、PNG 或 JPEG 文件。', 'Only PDF, PNG or JPEG of at most 20 MB.')))
    return
  }
  bar.hidden = false
  news.replaceChildren(say('正在计算校验值……', 'Computing its hash …'))
  try {
    const digest = await sha256(await file.arrayBuffer())
    const body = { kind, file_name: file.name.slice(-200), content_type: type, bytes: file.size, sha256: digest }
    const made = await once(`document:${id}:${digest}:${kind}`, '/v1/applications/{id}/documents', body, { id })
    news.replaceChildren(say('正在上传……', 'Uploading …'))
    await posted(made.upload.url, made.upload.fields as Record<string, string>, file, (part) => (bar.value = part))
    news.replaceChildren(say('正在核对……', 'Checking …'))
    await judged(id, made.id)
    refresh()
  } catch (error) {
    bar.hidden = true
    const text = error instanceof Failed ? say('上传没有完成，请重试。', 'The upload did not finish. Try again.') : explained(error).detail
    news.replaceChildren(h('span', { class: 'wrong' }, text))
  }
}

class Failed extends Error {}

/** The form that S3 takes: every field as given, the file last. XMLHttpRequest knows how much has been sent. */
function posted(url: string, fields: Record<string, string>, file: File, progress: (percent: number) => void): Promise<void> {
  const form = new FormData()
  Object.entries(fields).forEach(([name, value]) => form.append(name, value))
  form.append('file', file)
  const request = new XMLHttpRequest()
  request.upload.onprogress = ({ loaded, total }) => progress((100 * loaded) / total)
  return new Promise((resolve, reject) => {
    request.onload = () => (request.status < 300 ? resolve() : reject(new Failed()))
    request.onerror = () => reject(new Failed())
    request.open('POST', url)
    request.send(form)
  })
}

const LOOKS = 20
const BETWEEN_MS = 1500

/** Within seconds the platform has looked at what arrived. */
async function judged(id: string, document: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const { documents: all } = await got(api.GET('/v1/applications/{id}', { params: { path: { id } } }))
    if (all.find((each) => each.id === document)?.status !== 'awaiting_upload') return
    await new Promise((later) => setTimeout(later, BETWEEN_MS))
  }
}
