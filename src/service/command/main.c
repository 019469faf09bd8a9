/* SPDX-License-Identifier: EUPL-1.2 */
/* emc2: the program. Everything is in the command module. */
#include "service/command/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
