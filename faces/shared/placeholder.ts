/** Until a face has pages of its own: who is signed in, and the way in. */
import './tokens.css'
import { texts } from './i18n'
import { arrive, session, signIn } from './session'

const t = texts(
  { in: '已登录：{sub}（{role}）', out: '尚未登录', enter: '登录' },
  { in: 'Signed in: {sub} ({role})', out: 'Not signed in', enter: 'Sign in' },
)

export async function placeholder(title: string): Promise<void> {
  await arrive()
  const main = document.createElement('main')
  const heading = document.createElement('h1')
  heading.textContent = title
  const state = document.createElement('p')
  const present = session()
  state.textContent = present ? t('in', { sub: present.sub, role: present.role }) : t('out')
  main.append(heading, state)
  if (!present) {
    const enter = document.createElement('button')
    enter.textContent = t('enter')
    enter.onclick = () => void signIn()
    main.append(enter)
  }
  document.getElementById('app')?.replaceChildren(main)
}
