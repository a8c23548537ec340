// Words that the page says by itself; those that stand still are in index.html.
import { language } from '@/shared/i18n'
import { PURPOSES } from '@/shared/purposes'

export type Text = readonly [zh: string, en: string]

export const say = ([zh, en]: Text): string => (language() === 'en' ? en : zh)

/** An instant on a clock in Shanghai. */
export function moment(stamp: string): string {
  const there = new Date(Date.parse(stamp) + 8 * 3_600_000).toISOString()
  return `${there.slice(0, 10)} ${there.slice(11, 19)}${language() === 'en' ? ' (Beijing time)' : '（北京时间）'}`
}

export const VERDICTS: Record<string, { title: Text; text: Text }> = {
  valid: {
    title: ['有效', 'Valid'],
    text: ['签名正确，内容与签发时一致，未被撤销。', 'The signature is right, it says what was signed, and it was not revoked.'],
  },
  altered: {
    title: ['已被改动', 'Altered'],
    text: ['内容或签名与平台签发的不一致，不可采信。', 'It is not what the platform signed. Do not rely on it.'],
  },
  sheet: {
    title: ['文件已被改动或已过时', 'Altered, or out of date'],
    text: [
      '文件中的签名正确，但文件与平台现行版式文件不一致。请只采信下列已签名内容，或重新下载。',
      'The signature in it is right, but the file is not the platform’s present sheet. Rely only on what was signed, below, or download it again.',
    ],
  },
  unknown: {
    title: ['查无此凭证', 'Unknown'],
    text: ['平台没有签发过这样的凭证，请核对编号。', 'The platform has issued no such certificate. Check its serial.'],
  },
  key: {
    title: ['非本平台签发', 'Not issued by this platform'],
    text: ['签名所用密钥不属于本平台。', 'The key that signed it is none of this platform’s.'],
  },
  format: {
    title: ['不是凭证文件', 'Not a certificate'],
    text: [
      '文件内没有可核验的签名。请使用平台下载的 PDF 或 JSON，或输入凭证编号。',
      'There is no signature in it. Use the PDF or JSON as downloaded from the platform, or type the serial.',
    ],
  },
  picture: {
    title: ['未识别到二维码', 'No QR code found'],
    text: ['请换一张清晰的图片，或输入凭证编号。', 'Try a clearer picture, or type the serial.'],
  },
  revoked: {
    title: ['已撤销', 'Revoked'],
    text: ['该凭证由平台签发，但已被撤销，不再有效。', 'The platform issued it, and has revoked it since. It is valid no more.'],
  },
  unsigned: {
    title: ['签名尚未完成', 'Not signed yet'],
    text: ['凭证刚刚签发，请稍后再试。', 'It was issued a moment ago. Try again soon.'],
  },
  unchecked: {
    title: ['签名有效，撤销状态未知', 'Signature valid; revocation not checked'],
    text: [
      '内容与签发时一致。当前无法连接平台，请联网后再次核验是否已被撤销。',
      'It says what was signed. The platform cannot be reached: check again later whether it was revoked.',
    ],
  },
  unreachable: {
    title: ['暂时无法核验', 'Cannot verify now'],
    text: ['无法连接平台，请检查网络后重试。', 'The platform cannot be reached. Check your network and try again.'],
  },
  insecure: {
    title: ['暂时无法核验', 'Cannot verify here'],
    text: ['请通过 HTTPS 打开本页。', 'Open this page over https.'],
  },
}

export const LABELS: Record<string, Text> = {
  jti: ['凭证编号', 'Serial'],
  kind: ['类型', 'Kind'],
  holder: ['持有人', 'Holder'],
  beneficiary: ['受益方', 'Beneficiary'],
  grams: ['减排量（克二氧化碳当量）', 'Grams CO2e'],
  points: ['碳积分', 'Points'],
  purpose: ['用途', 'Purpose'],
  title: ['捐赠项目', 'Campaign'],
  donors: ['捐赠人数', 'Donors'],
  scenarios: ['减排场景', 'Scenarios'],
  methodologies: ['方法学', 'Methodologies'],
  issued_at: ['签发时间', 'Issued'],
  iss: ['签发方', 'Issuer'],
}

// The same as in chalicelib/labels.py
export const CODES: Record<string, Text> = {
  cancellation: ['碳积分自愿注销', 'Voluntary cancellation'],
  donation: ['碳积分捐赠', 'Donation'],
  campaign: ['碳中和支持', 'Carbon neutrality support'],
  retirement: ['减排量注销', 'Retirement'],
  ...PURPOSES,
}
