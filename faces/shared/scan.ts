/** QR codes by the camera or from a picture, where the browser reads them by itself (BarcodeDetector). */
import { h } from './dom'
import { say } from './i18n'

type Detector = { detect(source: ImageBitmapSource): Promise<{ rawValue: string }[]> }
const Barcodes = (globalThis as { BarcodeDetector?: new (of: { formats: string[] }) => Detector }).BarcodeDetector

export const scannable = (): boolean => !!Barcodes && !!navigator.mediaDevices

/** What the code in a picture says, or undefined where none is found. */
export async function codeIn(source: ImageBitmapSource): Promise<string | undefined> {
  if (!Barcodes) return undefined
  const found = await new Barcodes({ formats: ['qr_code'] }).detect(source).catch(() => [])
  return found[0]?.rawValue
}

/** What a code says, or undefined: it was closed, there is no camera, or nobody allowed it. */
export async function scanned(): Promise<string | undefined> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }).catch(() => undefined)
  if (!stream) return undefined
  const video = h('video', { playsinline: true, muted: true, class: 'camera' })
  const close = h('button', { type: 'button', onclick: () => dialog.close() }, say('取消', 'Cancel'))
  const dialog = h('dialog', { 'aria-label': say('将二维码对准取景框', 'Point the camera at the code') }, video, h('div', { class: 'buttons' }, close))
  document.body.append(dialog)
  try {
    video.srcObject = stream
    dialog.showModal()
    await video.play()
    let text: string | undefined
    while (dialog.open && !text) {
      await new Promise(requestAnimationFrame)
      text = await codeIn(video)
    }
    return text
  } catch {
    return undefined // the camera was taken away
  } finally {
    stream.getTracks().forEach((track) => track.stop()) // its light goes out, whatever happened
    dialog.remove()
  }
}
