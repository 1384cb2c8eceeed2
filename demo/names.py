"""Lists the shop is written from: names, streets, places, goods and the things people put into notes.

All of it is made up or so common that it names nobody.
"""

from __future__ import annotations

GIVEN = (
    "Ada Agnes Aiko Alan Albert Alexei Alice Amara Amina Amir Ana Andre Anja Anton Aria Arjun Arthur Asha Astrid "
    "Aurora Beatriz Ben Bianca Boris Bruno Camila Carlos Carmen Cecilia Chen Chiara Chloe Clara Claude Conor "
    "Daniel Daria David Deniz Diana Diego Dmitri Edith Elena Elif Elijah Ella Emeka Emil Emma Erik Esther Ethan "
    "Eva Farah Fatima Felix Finn Fiona Francesca Freya Gabriel George Giulia Grace Greta Hana Hannah Haruto "
    "Hassan Helena Henrik Hugo Ibrahim Ida Igor Ines Ingrid Isaac Ivan Ivy Jakob James Jana Jasmin Javier Jia "
    "Joana Jonas Jorge Joseph Julia Kai Karim Katarina Kenji Kofi Lars Laura Layla Lea Leila Leo Liam Lina Linh "
    "Lucas Lucia Luna Magnus Maja Malik Marco Maria Marta Mateo Matilda Max Mei Mehmet Mia Mikael Milan Mina "
    "Miriam Mohamed Nadia Naomi Natalia Nia Nikola Nina Noah Noor Nora Olga Oliver Olivia Omar Oscar Paolo Pavel "
    "Pedro Petra Priya Rafael Rania Ravi Rebecca Rosa Ruth Sakura Salma Samuel Sara Sasha Selma Sergei Sofia "
    "Soren Stefan Stella Sven Tamar Tanya Tariq Teresa Thea Theo Thomas Tomas Tuan Uma Valentina Vera Victor "
    "Viola Wanda Wei Willem Xin Yara Yasmin Yuki Yusuf Zara Zoe Zofia "
).split()

FAMILY = (
    "Abadi Achterberg Adeyemi Ahlgren Albrecht Almeida Amsel Andersson Aoki Arnaud Aslan Bachmann Baptista "
    "Barnfield Bellweather Benali Bergstrom Bianchi Birkeland Blackwood Bondar Brandtner Brightwell Calloway "
    "Cardoso Castellan Cho Clearwater Costa Dahlberg Dang Delacroix Demir Dietrich Dubois Dunmore Ekholm Elwood "
    "Eriksen Esposito Fairbairn Falkner Farouk Ferreira Fontaine Forsberg Fujita Galloway Gandhi Garnier "
    "Goldhirsch Grabowski Greenhalgh Gustavsson Haddad Halloran Hartwig Hashimoto Hawthorne Heidenreich Hidalgo "
    "Holm Horvat Ibanez Ishikawa Ivanova Jankowski Jensen Joubert Kamara Kapoor Karlsen Kaya Keller Khalil "
    "Kingsley Kita Kovac Kowalczyk Kruger Kumar Lacroix Larkin Laurent Lefevre Lindqvist Lombardi Lopes Lund "
    "Macready Maddox Mahmoud Makela Marchetti Marlowe Matsuda Mbeki Meadows Mendes Mensah Merriweather Moreau "
    "Morimoto Moser Nakamura Navarro Nazari Ndiaye Nguyen Nielsen Norwood Novak Nwosu Oakley Obi Okafor Olsen "
    "Orlov Ostrowski Oyelaran Palmgren Papadakis Paredes Petrov Pham Pinto Popescu Quigley Rahman Ramires "
    "Rasmussen Reinholt Ricci Rivers Rosenthal Rousseau Sahin Salgado Sandoval Santoro Sato Schreiber Serrano "
    "Shah Silverthorne Sokolov Solberg Song Stanhope Steinmetz Stoica Sundara Suzuki Takeda Tamm Tanaka Tavares "
    "Teixeira Thornbury Tokarev Toussaint Tran Underhill Usman Vasquez Venter Vidal Volkov Wachter Wainwright "
    "Wakefield Watanabe Westergaard Whitlock Winterbourne Wolanski Yamada Yildiz Zafar Zhang Zielinski "
).split()

STREETS = (
    "Acorn Alder Amber Anchor Apple Ash Aspen Beacon Birch Bridge Brook Canal Cedar Chapel Cherry Church Clover "
    "Copper Coral Elder Elm Ferry Field Foundry Garden Granary Harbour Hazel Heron High Holly Iris Juniper "
    "Kestrel Lantern Larch Lilac Lime Linden Maple Market Meadow Mill Mint Mulberry Oak Olive Orchard Otter Park "
    "Pear Pine Plum Poplar Quarry Quay River Rose Rowan Saddler Sage School Silver Spring Station Stone Sycamore "
    "Tanner Thistle Tower Valley Walnut Weaver Willow Windmill Yew "
).split()

STREET_KINDS = ("Street", "Road", "Lane", "Avenue", "Close", "Row", "Way", "Square")

# City, country, and how a postal code looks there: 9 is a digit, A a letter.
PLACES = (
    ("Ashbourne", "GB", "ZZ9 9AA"),
    ("Brightwater", "US", "99999"),
    ("Cedar Falls", "US", "99999"),
    ("Drumlin", "IE", "A99 A9A9"),
    ("Eastmere", "GB", "ZZ99 9AA"),
    ("Falkenberg", "DE", "99999"),
    ("Grünfeld", "DE", "99999"),
    ("Hedvigstad", "SE", "999 99"),
    ("Isola Nuova", "IT", "99999"),
    ("Kaltenbach", "AT", "9999"),
    ("Lac-Clair", "CA", "A9A 9A9"),
    ("Mont-Rose", "FR", "99999"),
    ("Nieuwdorp", "NL", "9999 AA"),
    ("Östersund Norra", "SE", "999 99"),
    ("Pinewood", "US", "99999"),
    ("Quarryville", "US", "99999"),
    ("Ribeira Alta", "PT", "9999-999"),
    ("Sandvika", "NO", "9999"),
    ("Três Pontes", "BR", "99999-999"),
    ("Valverde", "ES", "99999"),
)

# example.com, .net and .org and everything under .example are reserved and belong to nobody (RFC 2606).
MAIL_DOMAINS = (
    "example.com",
    "example.org",
    "example.net",
    "mail.example",
    "post.example",
    "inbox.example",
)

GOODS = (
    "Desk lamp",
    "Floor lamp",
    "Reading chair",
    "Oak shelf",
    "Wall clock",
    "Tea kettle",
    "Coffee grinder",
    "Bread knife",
    "Chopping board",
    "Cast-iron pan",
    "Linen towel",
    "Wool blanket",
    "Feather pillow",
    "Cotton sheet",
    "Rain jacket",
    "Hiking boots",
    "Canvas bag",
    "Bicycle bell",
    "Garden fork",
    "Watering can",
    "Bird feeder",
    "Picture frame",
    "Notebook",
    "Fountain pen",
    "Chess set",
    "Jigsaw puzzle",
    "Wooden train",
    "Music box",
    "Candle holder",
    "Plant pot",
)

MAKES = (
    "Small",
    "Large",
    "Folding",
    "Blue",
    "Red",
    "Green",
    "Grey",
    "Walnut",
    "Brass",
    "Classic",
)
CATEGORIES = ("home", "kitchen", "bedroom", "outdoor", "play")

# {given} and {phone} are filled in: free text is where sensitive values hide.
NOTES = (
    "Prefers delivery in the morning.",
    "Leave parcels with the neighbour.",
    "Ring twice, the bell is quiet.",
    "Asked for a paper invoice.",
    "Loyal customer since the first shop.",
    "{given} called about a late parcel, call back on {phone}.",
    "Wants gift wrapping in December.",
    "Allergic to feathers, do not recommend pillows.",
    "Returned a lamp, refunded to the card ending {last4}.",
    "Send news to {email} only.",
    "Dog in the yard.",
    "Second floor, no lift.",
)
