"""Who runs the tests: the account of this machine is the person that commands act as."""

import os
import pwd

ME = pwd.getpwuid(os.getuid()).pw_name
