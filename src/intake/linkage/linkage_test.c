/* SPDX-License-Identifier: EUPL-1.2 */
#include "intake/linkage/linkage.h"
int main(void)
{
    return 0;
}
