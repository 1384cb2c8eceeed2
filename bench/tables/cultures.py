"""Words of eight countries, of our own choosing: names of people and places, and how addresses and telephones look."""
# ruff: noqa: E501 - a kind of column reads best as a row of a table

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Culture:
    """What people of a country are called, where they live, and how they write it down."""

    code: str
    country: str
    language: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    address: Callable[[Random, str], str]
    """A street and its number, from the street's name."""
    postal: Callable[[Random], str]
    phone: Callable[[Random], str]
    nations: tuple[str, ...]


def _n(rng: Random, shape: str) -> str:
    """Return the shape with each `#` a digit."""
    return "".join(rng.choice("0123456789") if c == "#" else c for c in shape)


def _numbered(first: str) -> Callable[[Random], str]:
    return lambda rng: _n(rng, rng.choice(first.split("|")))


def _before(rng: Random, street: str) -> str:
    return f"{rng.randrange(1, 400)} {street}"


def _after(rng: Random, street: str) -> str:
    return f"{street} {rng.randrange(1, 200)}{rng.choice(('', '', '', 'a', ' b'))}"


def _comma(rng: Random, street: str) -> str:
    return f"{street}, {rng.randrange(1, 300)}"


def _w(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", " ").split(","))


US = Culture(
    "us", "US", "en",
    _w("James, Mary, Robert, Linda, Tyrone, Keisha, Madison, Brandon, Ashley, Hunter, Savannah, Chad, Megan, Dwayne,"
       " Brittany, Cody, Destiny, Earl, Faith, Grant, Hope, Ivy, Jasmine, Kendrick, Latoya, Miles, Naomi, Owen, Piper,"
       " Quincy, Ruby, Shane, Trevor, Wyatt, Zoe"),
    _w("Smith, Johnson, Williams, Brown, Washington, Jefferson, Miller, Davis, Garcia, Wilson, Anderson, Taylor, Moore,"
       " Jackson, Hall, Young, Hill, Baker, Carter, Cooper, Fisher, Hunter, Mason, Reed, Stone, West, Woods, Knight"),
    _w("Springfield, Columbus, Austin, Denver, Portland, Phoenix, Tulsa, Omaha, Boise, Raleigh, Tampa, Salem, Dayton"),
    _w("Maple Street, Oak Avenue, Washington Blvd, 2nd St, Elm Drive, Lakeview Rd, Sunset Lane, Mill Court, Park Ave"),
    _before, _numbered("#####|#####-####"),
    _numbered("+1-202-555-01##|(###) 555-01##|###-555-01##|+1 ### ### ####|1-###-###-####"),
    _w("American, US, USA, Mexican, Canadian"),
)  # fmt: skip
UK = Culture(
    "uk", "GB", "en",
    _w("Oliver, Amelia, Harry, Isla, Nigel, Fiona, Alistair, Gemma, Callum, Imogen, Rhys, Siobhan, Graham, Poppy,"
       " Rupert, Tamsin, Gareth, Bronwen, Hamish, Moira, Clive, Beryl, Derek, Hazel, Ian, Jill, Kieran, Lorna"),
    _w("Jones, Evans, Thomas, Roberts, Walker, Wright, Robinson, Thompson, White, Hughes, Edwards, Green, Wood, Clarke,"
       " Patel, MacDonald, O'Connor, Fletcher, Thatcher, Ashworth, Pemberton, Llewellyn, Campbell, Singh, Khan"),
    _w("London, Leeds, Bristol, Cardiff, Glasgow, York, Bath, Derby, Exeter, Norwich, Swansea, Dundee, Stoke-on-Trent"),
    _w("High Street, Church Road, Victoria Close, Station Lane, The Crescent, Kings Road, Mill Lane, Queens Drive"),
    _before, lambda rng: f"{rng.choice(('SW', 'LS', 'B', 'M', 'EH'))}{rng.randrange(1, 20)} {rng.randrange(1, 9)}AB",
    _numbered("+44 20 7946 0###|07### ######|020 7946 0###|+447#########|01632 960###"),
    _w("British, English, Scottish, Welsh, Irish"),
)  # fmt: skip
DE = Culture(
    "de", "DE", "de",
    _w("Hans, Ursula, Jürgen, Sabine, Klaus, Gisela, Torsten, Anke, Detlef, Heike, Björn, Mandy, Lukas, Leonie, Finn,"
       " Mia, Rüdiger, Gudrun, Wolfgang, Ingeborg, Uwe, Katrin, Jens, Silke, Karl-Heinz, Annegret, Moritz, Jule"),
    _w("Müller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schulz, Hoffmann, Koch, Bauer, Richter,"
       " Klein, Wolf, Schröder, Neumann, Schwarz, Zimmermann, Braun, Krüger, Hartmann, Lange, Yilmaz, von Arnim"),
    _w("Berlin, München, Köln, Leipzig, Düsseldorf, Göttingen, Jena, Ulm, Bad Homburg, Kiel, Trier, Erfurt, Halle"),
    _w("Hauptstraße, Bahnhofstr., Gartenweg, Goetheplatz, Lindenallee, Schillerstraße, Am Ring, Kirchgasse, Dorfstr."),
    _after, _numbered("0####|1####|5####|8####"),
    _numbered("+49 30 #######|030/#######|0171 #######|+49 (0)89 ######|0221-######"),
    _w("deutsch, Deutsch, DE, türkisch, österreichisch, polnisch"),
)  # fmt: skip
FR = Culture(
    "fr", "FR", "fr",
    _w("Jean, Marie, Pierre, Chantal, Thierry, Sylvie, Mathéo, Léa, Océane, Yannick, Gaëlle, Benoît, Aurore, Fabrice,"
       " Maëlys, Jean-Luc, Anne-Sophie, Corentin, Solène, Gérard, Odile, Loïc, Capucine, Romain, Élodie, Cédric"),
    _w("Martin, Bernard, Dubois, Thomas, Robert, Petit, Durand, Leroy, Moreau, Lefèvre, Roux, Fournier, Girard, Mercier,"
       " Blanc, Guérin, Muller, Chevalier, Legrand, Garnier, Faure, Le Gall, Da Silva, Benali"),
    _w("Paris, Lyon, Nantes, Toulouse, Rennes, Dijon, Brest, Nîmes, Saint-Étienne, Le Mans, Pau, Metz, Grenoble"),
    _w("rue de la Paix, avenue Victor Hugo, chemin des Vignes, bd Voltaire, impasse du Moulin, rue Pasteur, quai Sud"),
    _before, _numbered("75###|69###|13###|31###"),
    _numbered("+33 6 ## ## ## ##|06 ## ## ## ##|01.##.##.##.##|+331########"),
    _w("française, français, Française, belge, marocaine, FR"),
)  # fmt: skip
ES = Culture(
    "es", "ES", "es",
    _w("José, María, Antonio, Carmen, Íñigo, Nuria, Álvaro, Begoña, Jordi, Montserrat, Rocío, Pau, Lucía, Hugo, Iker,"
       " Leire, Sergio, Paloma, Ignacio, Inés, Joaquín, Pilar, Rubén, Sonia, Vicente, Yolanda, Xavier, Aitana"),
    _w("García, Fernández, González, Rodríguez, López, Martínez, Sánchez, Pérez, Gómez, Ruiz, Díaz, Álvarez, Moreno,"
       " Muñoz, Romero, Navarro, Torres, Ramos, Gil, Serrano, Blanco, Molina, Ortega, Iglesias, de la Fuente"),
    _w("Madrid, Barcelona, Sevilla, Valencia, Bilbao, Málaga, Gijón, Cádiz, Murcia, Vigo, A Coruña, Toledo, León"),
    _w("Calle Mayor, Avda. de la Constitución, Plaza España, Paseo del Prado, C/ Real, Camino Viejo, Ronda Norte"),
    _comma, _numbered("28###|08###|41###"), _numbered("+34 6## ### ###|6## ## ## ##|91 ### ## ##|+349########"),
    _w("española, español, ES, rumana, marroquí"),
)  # fmt: skip
IT = Culture(
    "it", "IT", "it",
    _w("Giuseppe, Maria, Antonio, Rosa, Gennaro, Concetta, Matteo, Beatrice, Lorenzo, Aurora, Tommaso, Ginevra, Pietro,"
       " Ilaria, Salvatore, Carmela, Fabio, Daniela, Massimo, Patrizia, Ettore, Noemi, Dario, Cinzia, Enzo, Viola"),
    _w("Rossi, Russo, Ferrari, Esposito, Bianchi, Romano, Colombo, Ricci, Marino, Greco, Bruno, Gallo, Conti, De Luca,"
       " Costa, Giordano, Mancini, Rizzo, Lombardi, Moretti, D'Angelo, Caruso, Fontana, Santoro, Mariani"),
    _w("Roma, Milano, Napoli, Torino, Palermo, Genova, Bari, Lecce, Forlì, Reggio Emilia, L'Aquila, Como, Pisa"),
    _w("Via Roma, Corso Garibaldi, Piazza Dante, Viale Europa, Via Giuseppe Verdi, Largo Argentina, Vicolo Stretto"),
    _comma, _numbered("001##|201##|801##"), _numbered("+39 3## ### ####|06 #### ####|3##-#######|+39 02 ########"),
    _w("italiana, italiano, IT, albanese"),
)  # fmt: skip
BR = Culture(
    "br", "BR", "pt",
    _w("João, Maria, José, Ana, Thiago, Juliana, Vinícius, Letícia, Cauã, Luana, Everton, Jussara, Otávio, Beatriz,"
       " Washington, Rosângela, Murilo, Larissa, Edson, Simone, Caio, Raíssa, Wesley, Tatiane, Davi, Yasmin"),
    _w("da Silva, Santos, Oliveira, Souza, Pereira, Lima, Costa, Ferreira, Rodrigues, Almeida, Nascimento, Carvalho,"
       " Araújo, Ribeiro, Barbosa, Rocha, Dias, Moreira, Nunes, Mendes, Freitas, Cardoso, Teixeira"),
    _w("São Paulo, Recife, Curitiba, Fortaleza, Belém, Goiânia, Natal, Manaus, Campinas, Niterói, Santos, Maceió"),
    _w("Rua das Flores, Avenida Paulista, Travessa do Sol, Rua XV de Novembro, Alameda Santos, Praça da Sé"),
    _comma, _numbered("#####-###"), _numbered("+55 11 9####-####|(21) 9####-####|(11) ####-####|+5511#########"),
    _w("brasileira, brasileiro, BR, portuguesa"),
)  # fmt: skip
IN = Culture(
    "in", "IN", "en",
    _w("Rahul, Priya, Amit, Sunita, Karthik, Lakshmi, Arjun, Meera, Sandeep, Kavita, Harpreet, Gurpreet, Imran, Ayesha,"
       " Venkatesh, Padma, Rohan, Ishita, Nikhil, Swati, Manoj, Rekha, Suresh, Geeta, Debashish, Ananya"),
    _w("Sharma, Patel, Singh, Kumar, Reddy, Iyer, Nair, Gupta, Khan, Das, Mukherjee, Chatterjee, Rao, Joshi, Mehta,"
       " Verma, Mishra, Pillai, Banerjee, Kaur, Desai, Bose, Menon, Naidu, Shetty"),
    _w("Mumbai, Delhi, Bengaluru, Chennai, Pune, Kolkata, Hyderabad, Jaipur, Kochi, Lucknow, Surat, Indore"),
    _w("MG Road, Park Street, Brigade Road, Nehru Nagar, Gandhi Marg, Linking Road, Ring Road, Anna Salai"),
    _before, _numbered("11####|40####|56####"), _numbered("+91 98### #####|098########|+91-22-########|+9197########"),
    _w("Indian, IN, Nepali"),
)  # fmt: skip
CULTURES = (US, UK, DE, FR, ES, IT, BR, IN)
