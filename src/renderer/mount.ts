import { createApp } from 'vue'
import { toProblem, type Problem } from '@shared/errors'
import App from './App.vue'
import type { Connection } from './client/connection'
import ConnectionFailed from './pages/ConnectionFailed.vue'
import './style/tokens.css'
import './style/base.css'
import './style/controls.css'
import './style/menu.css'

async function start(connect: () => Promise<Connection>): Promise<() => void> {
  try {
    const connection = await connect()
    const info = await connection.client.application.info()
    return () => void createApp(App, { connection, info }).mount('#app')
  } catch (error) {
    const problem: Problem = toProblem(error)
    return () => void createApp(ConnectionFailed, { problem }).mount('#app')
  }
}

/** Shows the interface on whatever connection there is, or why there is none. */
export async function mount(connect: () => Promise<Connection>): Promise<void> {
  const show = await start(connect)
  show()
}
