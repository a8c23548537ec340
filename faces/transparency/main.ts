import '@/shared/tokens.css'
import { api, got } from '@/shared/client'
import { number } from '@/shared/i18n'

const main = document.createElement('main')
document.getElementById('app')?.replaceChildren(main)
got(api.GET('/v1/supply')).then(
  (supply) => main.append(`流通中的碳积分 ${number(supply.points_circulating)}，对应减排量 ${number(supply.grams_backing)} 克`),
  (error: unknown) => main.append(String(error)),
)
