import { ask, type Field } from '@/shared/ask'
import { api, got, type Schemas } from '@/shared/client'
import { h } from '@/shared/dom'
import { when } from '@/shared/i18n'
import { once } from '@/shared/keeper'
import { button, card, list, page, settled } from '@/shared/office'
import { say, word } from '@/shared/say'

type Login = Schemas['Login']
type Authority = Schemas['NewAuthority']['authority']

const AUTHORITIES: Record<string, readonly [string, string]> = {
  owner: ['管理员', 'Owner'],
  operator: ['经办', 'Operator'],
  finance: ['财务', 'Finance'],
  read_only: ['只读', 'Read only'],
  none: ['已移除', 'Removed'],
}
const options = (): [string, string][] => ['owner', 'operator', 'finance', 'read_only'].map((code) => [code, word(AUTHORITIES, code)])

/** Who may act in the institution's name. */
export async function logins(): Promise<Node> {
  const columns = [
    { name: say('名称', 'Label'), cell: (each: Login) => each.label },
    { name: say('类型', 'Kind'), cell: (each: Login) => (each.kind === 'system' ? say('系统', 'System') : say('人员', 'Person')) },
    { name: say('权限', 'Authority'), cell: (each: Login) => word(AUTHORITIES, each.authority) },
    { name: say('自', 'Since'), cell: (each: Login) => when(each.since) },
    { name: say('办理', 'Do'), cell: (each: Login) => (each.authority === 'none' ? '' : h('span', { class: 'buttons inline' }, button(say('更改权限', 'Change'), () => change(each)), button(say('移除', 'Remove'), () => remove(each), 'danger'))) },
  ]
  return page(
    say('登录主体', 'Logins'),
    h('div', { class: 'buttons above' }, button(say('新增登录主体', 'Add a login'), add, 'primary')),
    card('', await list(say('登录主体', 'Logins'), columns, (cursor) => got(api.GET('/v1/institutions/me/logins', { params: { query: { limit: 20, ...(cursor ? { cursor } : {}) } } })))),
  )
}

function add(): void {
  const fields: Field[] = [
    { name: 'sub', label: say('登录标识（sub）', 'Its login (sub)'), required: true },
    { name: 'label', label: say('名称', 'Label'), required: true, max: 200 },
    { name: 'kind', label: say('类型', 'Kind'), kind: 'select', options: [['person', say('人员', 'Person')], ['system', say('系统', 'System')]] },
    { name: 'authority', label: say('权限', 'Authority'), kind: 'select', required: true, options: options(), value: 'operator' },
  ]
  ask({
    title: say('新增登录主体', 'Add a login'),
    fields,
    confirm: say('新增', 'Add'),
    send: ({ sub = '', label = '', kind, authority }) => once(`login:${sub}`, '/v1/institutions/me/logins', { sub, label, kind: kind as 'person', authority: authority as Authority }),
    done: settled(),
  })
}

function change({ id, label, authority }: Login): void {
  ask({
    title: `${say('更改权限', 'Change the authority')}：${label}`,
    fields: [{ name: 'authority', label: say('权限', 'Authority'), kind: 'select', required: true, options: options(), value: authority }],
    confirm: say('保存', 'Save'),
    send: (given) => once<'/v1/institutions/me/logins/{id}', 'patch'>(`authority:${id}`, '/v1/institutions/me/logins/{id}', { authority: given.authority as Authority }, { id }, 'patch'),
    done: settled(),
  })
}

function remove({ id, label }: Login): void {
  ask({ title: `${say('移除', 'Remove')}：${label}`, confirm: say('移除', 'Remove'), danger: true, send: () => once(`remove:${id}`, '/v1/institutions/me/logins/{id}/remove', {}, { id }), done: settled() })
}
