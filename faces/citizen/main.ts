import '@/shared/tokens.css'
import './citizen.css'
import '@/shared/large'
import { createApp } from 'vue'
import { arrive } from '@/shared/session'
import App from './App.vue'
import { reread } from './router'
import { look } from './state'

void arrive().then((trouble) => {
  look() // a sign-in may have brought a token, and its own address
  reread()
  createApp(App, { trouble }).mount('#app')
})
