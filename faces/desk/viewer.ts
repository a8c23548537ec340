import type { Schemas } from '@/shared/client'
import { h, sha256 } from '@/shared/dom'
import { turn } from '@/shared/turn'
import { once } from '@/shared/keeper'
import { button, card, state } from '@/shared/office'
import { explained } from '@/shared/problem'
import { DOCUMENTS, say, size, STATES, word } from '@/shared/say'

type Application = Schemas['Application']
type Document = Schemas['Document']

/** The documents of an application, one of them in place. Each opening leaves a line in the history. */
export function viewer(application: Application): HTMLElement {
  const stage = h('div', { class: 'stage' }, h('p', { class: 'quiet' }, say('选择一份材料，在这里查阅。每次查阅都会记入办理记录。', 'Choose a document to read it here. Each opening stands in the history.')))
  const rows = application.documents.map((each) => row(each, () => void show(application.id, each, stage)))
  const missing = application.required_documents.filter((kind) => !application.documents.some((each) => each.kind === kind && each.counts))
  return h(
    'div',
    { class: 'viewer' },
    card(
      say('申请材料', 'Documents'),
      missing.length ? h('p', { class: 'note' }, `${say('缺少：', 'Missing: ')}${missing.map((kind) => word(DOCUMENTS, kind)).join('、')}`) : null,
      h('ul', { class: 'documents' }, rows),
      stage,
    ),
  )
}

function row(document: Document, open: () => void): HTMLElement {
  const stated = `${document.file_name} · ${size(document.bytes)}${document.expires_on ? ` · ${say('有效期至', 'until')} ${document.expires_on}` : ''}`
  const name = word(DOCUMENTS, document.kind)
  return h(
    'li',
    {},
    document.link ? button(name, open) : h('strong', {}, name),
    h('span', { class: 'small quiet' }, ` ${stated} `),
    document.counts ? null : state(document.status, document.status === 'arrived' ? say('未采用', 'does not count') : word(STATES, document.status)),
    document.reason ? h('p', { class: 'small wrong' }, say(document.reason_zh ?? document.reason, document.reason)) : null,
  )
}

async function show(application: string, document: Document, stage: HTMLElement): Promise<void> {
  const path = { id: application, document: document.id }
  await staged(stage, async () => inPlace((await once(`link:${document.id}`, '/v1/applications/{id}/documents/{document}/link', {}, path)).url, document))
}

/** Show what was asked for last: under one document's name nobody must read another. */
async function staged(stage: HTMLElement, read: () => Promise<Node[]>): Promise<void> {
  const mine = turn(stage)
  stage.replaceChildren(h('p', { class: 'quiet', role: 'status' }, say('正在读取……', 'Reading …')))
  const shown = await read().catch((error: unknown) => [h('p', { class: 'problem', role: 'alert' }, explained(error).detail)])
  if (mine()) stage.replaceChildren(...shown)
}

/** The bytes themselves: their hash is compared with the one that was announced, then they are shown from memory. */
async function inPlace(url: string, document: { content_type: string; sha256: string; file_name: string | null }): Promise<Node[]> {
  const elsewhere = h('a', { class: 'button', href: url, target: '_blank', rel: 'noopener noreferrer' }, say('在新窗口打开', 'Open in a new window'))
  const answer = await fetch(url).catch(() => undefined)
  if (!answer?.ok) return [h('p', { class: 'problem' }, say('无法在此显示，请在新窗口打开。', 'It cannot be shown here: open it in a new window.')), elsewhere]
  const content = await answer.arrayBuffer()
  const same = (await sha256(content)) === document.sha256
  const local = URL.createObjectURL(new Blob([content], { type: document.content_type }))
  const name = document.file_name ?? ''
  const shown = document.content_type === 'application/pdf' ? h('iframe', { src: local, title: name }) : h('img', { src: local, alt: name })
  const verdict = same ? say('✓ 与上传时的校验值一致', '✓ The same bytes as announced (SHA-256)') : say('✗ 与上传时的校验值不一致', '✗ Not the bytes that were announced')
  return [h('p', { class: same ? 'small' : 'wrong' }, verdict), shown, h('div', { class: 'buttons' }, elsewhere)]
}

/** A file of a dispute, in the same way. */
export async function showEvidence(dispute: string, evidence: Schemas['Evidence'], stage: HTMLElement): Promise<void> {
  const path = { id: dispute, evidence: evidence.id }
  await staged(stage, async () => inPlace((await once(`link:${evidence.id}`, '/v1/disputes/{id}/evidence/{evidence}/link', {}, path)).url, evidence))
}

