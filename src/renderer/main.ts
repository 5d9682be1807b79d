import { connect } from './client/connect'
import { mount } from './mount'

void mount(connect)
