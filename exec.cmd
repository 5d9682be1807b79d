@rem The scripts of package.json begin with exec, so that a signal sent to npm reaches the program and not
@rem only the shell between them. In cmd.exe there is no such shell command; it finds this file.
@%*
