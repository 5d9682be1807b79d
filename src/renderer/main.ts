import { connect } from './client/connection'
import { mount } from './mount'

void mount(connect)
